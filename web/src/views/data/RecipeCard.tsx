/** The recipe of a file: what mends it whenever a dataset is built; the file itself stays as it was measured. */
import { Trash2 } from 'lucide-react'
import type { RecipeStep, SeriesFile } from '@/api/schema'
import { useMayEdit } from '@/app/access'
import { useTexts } from '@/i18n'
import { Button } from '@/ui/Button'
import { Card } from '@/ui/Card'
import { plain } from './Findings'

export function RecipeCard({ file, onRecipe }: { file: SeriesFile; onRecipe: (recipe: RecipeStep[]) => void }) {
  const t = useTexts().data
  const { recipe } = file
  const mayEdit = useMayEdit()
  return (
    <Card
      title={t.recipe}
      actions={
        mayEdit && recipe.length > 0 ? (
          <Button small kind="quiet" onClick={() => onRecipe([])}>
            {t.dropRecipe}
          </Button>
        ) : null
      }
    >
      {recipe.length === 0 ? (
        <p className="muted">{t.noRecipe}</p>
      ) : (
        <ol className="findings" aria-label={t.recipe}>
          {recipe.map((step, place) => (
            <li key={`${step.action} ${step.from} ${step.to}`} className="finding">
              <span className="chip accent">{t.actions[step.action]}</span>
              <span className="finding-words">{t.stretch(plain(step.from), plain(step.to))}</span>
              <span className="finding-acts">
                {mayEdit ? (
                  <Button
                    icon
                    small
                    kind="quiet"
                    aria-label={t.dropStep(t.actions[step.action], plain(step.from))}
                    onClick={() => onRecipe(recipe.filter((_, index) => index !== place))}
                  >
                    <Trash2 size={15} aria-hidden />
                  </Button>
                ) : null}
              </span>
            </li>
          ))}
        </ol>
      )}
    </Card>
  )
}

/** What looks wrong in a series, worst first, each with the step that mends it, one click away. */
import { Check, Eye, Undo2, Wrench } from 'lucide-react'
import { useState } from 'react'
import type { Finding, RecipeStep, SeriesFile } from '@/api/schema'
import { useMayEdit } from '@/app/access'
import { useFormat, useTexts } from '@/i18n'
import { Button } from '@/ui/Button'
import { Card } from '@/ui/Card'
import { sameStep } from './queries'

const SHOWN = 8
const LONGEST_LINE = 100_000

interface Props {
  file: SeriesFile
  findings: readonly Finding[]
  total: number
  chosen: Finding | null
  onLook: (finding: Finding) => void
  onRecipe: (recipe: RecipeStep[]) => void
}

export function Findings({ file, findings, total, chosen, onLook, onRecipe }: Props) {
  const t = useTexts().data
  const format = useFormat()
  const mayEdit = useMayEdit()
  const [all, setAll] = useState(false)
  const open = findings.filter((each) => each.fix !== null && !file.recipe.some((step) => isFix(step, each)))
  const first = all ? findings : findings.slice(0, SHOWN)
  const shown = chosen && !first.includes(chosen) ? [chosen, ...first] : first
  return (
    <Card
      title={t.findings}
      actions={
        mayEdit && open.length > 1 ? (
          <Button small onClick={() => onRecipe([...file.recipe, ...fixes(open)])}>
            <Wrench size={15} aria-hidden /> {t.fixAll(open.length)}
          </Button>
        ) : null
      }
    >
      {findings.length === 0 ? (
        <p className="row">
          <Check size={18} aria-hidden /> {t.clean}
        </p>
      ) : (
        <ul className="findings" aria-label={t.findings}>
          {shown.map((finding) => {
            const fixed = file.recipe.some((step) => isFix(step, finding))
            const steps = stepsFor(finding)
            return (
              <li key={`${finding.kind} ${finding.from}`} className={finding === chosen ? 'finding chosen' : 'finding'}>
                <span className={`chip ${looks[finding.severity]}`}>{t.severities[finding.severity]}</span>
                <span className="finding-words" title={finding.message}>
                  <strong>{t.kinds[finding.kind]}</strong> {t.stretch(plain(finding.from), plain(finding.to))}
                  <small className="muted">{` ${t.rowsTouched(format.whole(finding.rows), finding.rows === 1)}`}</small>
                </span>
                <span className="row finding-acts">
                  <Button small kind="quiet" onClick={() => onLook(finding)}>
                    <Eye size={15} aria-hidden /> {t.look}
                  </Button>
                  {!mayEdit ? null : fixed ? (
                    <Button small onClick={() => onRecipe(file.recipe.filter((step) => !isFix(step, finding)))}>
                      <Undo2 size={15} aria-hidden /> {t.undo}
                    </Button>
                  ) : (
                    steps.map((step) => (
                      <Button key={step.action} small onClick={() => onRecipe([...file.recipe, step])}>
                        <Wrench size={15} aria-hidden /> {t.actions[step.action]}
                      </Button>
                    ))
                  )}
                </span>
              </li>
            )
          })}
        </ul>
      )}
      {findings.length > SHOWN ? (
        <div className="row">
          <Button small kind="quiet" onClick={() => setAll(!all)}>
            {all ? t.fewer : t.allFindings(format.whole(findings.length))}
          </Button>
          {total > findings.length ? <span className="muted">{t.notListed(format.whole(total))}</span> : null}
        </div>
      ) : null}
    </Card>
  )
}

const looks = { high: 'bad', medium: 'warn', low: '', info: '' } as const

/** What is suggested; a hole can be filled with a line too, which is for whoever knows the series to decide. */
function stepsFor({ kind, from, to, rows, fix }: Finding): RecipeStep[] {
  if (fix === null) return []
  const hole = kind === 'gap' || kind === 'missing'
  const line: RecipeStep = { action: 'interpolate', from, to, max_rows: Math.min(rows, LONGEST_LINE) }
  return hole && fix.action !== 'interpolate' ? [fix, line] : [fix]
}

function isFix(step: RecipeStep, finding: Finding): boolean {
  return stepsFor(finding).some((each) => sameStep(step, each))
}

function fixes(findings: readonly Finding[]): RecipeStep[] {
  return findings.flatMap(({ fix }) => (fix === null ? [] : [fix]))
}

export function plain(iso: string): string {
  return iso
    .replace('T', ' ')
    .replace(/(:\d\d)(\.\d+)?Z$/, (seconds: string) => (seconds === ':00Z' ? '' : seconds.slice(0, 3)))
}

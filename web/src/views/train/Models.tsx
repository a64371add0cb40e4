/** Which models are trained, each in a job of its own: presets, and every one there is. */
import { useTexts } from '@/i18n'
import { Button } from '@/ui/Button'
import { Card } from '@/ui/Card'
import { applied, presetsFor, toggled, type Plan } from './plan'
import { valueAt, type Field, type Path } from './schema'

interface Props {
  plan: Plan
  path: Path
  field: Field
  onChange: (plan: Plan) => void
}

export function Models({ plan, path, field, onChange }: Props) {
  const t = useTexts().train
  const chosen = plan.configs.map((config) => valueAt(config, path))
  const presets = presetsFor(field.options)
  return (
    <Card title={t.models}>
      <div className="stack">
        <p className="muted">{t.modelsText}</p>
        {presets.length > 0 ? (
          <div className="row" role="group" aria-label={t.presetsLabel}>
            {presets.map((preset) => (
              <Button key={preset} small onClick={() => onChange(applied(plan, path, preset))}>
                {t.presets[preset]}
              </Button>
            ))}
          </div>
        ) : null}
        <ul className="model-choices">
          {field.options.map((option) => {
            const is = chosen.includes(option)
            return (
              <li key={option}>
                <button
                  type="button"
                  className="model-choice"
                  aria-pressed={is}
                  onClick={() => onChange(toggled(plan, path, option))}
                >
                  <strong translate="no">{String(option)}</strong>
                  <span>{t.modes[String(option)]}</span>
                </button>
              </li>
            )
          })}
        </ul>
      </div>
    </Card>
  )
}

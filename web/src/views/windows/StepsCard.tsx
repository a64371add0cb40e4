/** How many steps a sample has, how far reference times lie apart, and on which clock. */
import type { SettingError } from '@/api/schema'
import { useTexts } from '@/i18n'
import { Card } from '@/ui/Card'
import { problem, STEP_FIELDS, type Draft } from './draft'
import { TextField } from './FileCard'

interface Props {
  draft: Draft
  errors: SettingError[]
  onChange: (draft: Draft) => void
}

export function StepsCard({ draft, errors, onChange }: Props) {
  const t = useTexts().windows
  return (
    <Card title={t.steps}>
      <div className="settings">
        {STEP_FIELDS.map((name) => (
          <TextField
            key={name}
            label={t.stepFields[name]}
            value={draft.steps[name]}
            problem={problem(errors, `zeitschritte.${name}`)}
            onChange={(typed) => onChange({ ...draft, steps: { ...draft.steps, [name]: typed } })}
          />
        ))}
        <TextField
          label={t.zone}
          value={draft.zone}
          list="time-zones"
          problem={problem(errors, 'timeInfo.zeitzone')}
          onChange={(zone) => onChange({ ...draft, zone })}
        />
        <datalist id="time-zones">
          {Intl.supportedValuesOf('timeZone').map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      </div>
    </Card>
  )
}

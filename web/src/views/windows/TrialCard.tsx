/** What no session keeps but every training is given: tried here on the window, taken along to the training. */
import type { SettingError, WindowsPreviewBody } from '@/api/schema'
import { useTexts } from '@/i18n'
import { ButtonLink } from '@/ui/Button'
import { Card } from '@/ui/Card'
import { Field } from '@/ui/Field'
import { number, problem } from './draft'
import { TextField } from './FileCard'

export const ARITHMETICS = ['honest', 'compat'] as const
export type Arithmetic = (typeof ARITHMETICS)[number]

export interface Trial {
  gap: string
  arithmetic: Arithmetic
}

/** As the preview takes them; a limit that is no number above 0 is left out, and said to be none beside its field. */
export function trialBody({ gap, arithmetic }: Trial): Pick<WindowsPreviewBody, 'max_gap_minutes' | 'arithmetic'> {
  const minutes = number(gap)
  return {
    ...(typeof minutes === 'number' && minutes > 0 ? { max_gap_minutes: minutes } : {}),
    ...(arithmetic === 'honest' ? {} : { arithmetic }),
  }
}

interface Props {
  id: string
  trial: Trial
  errors: SettingError[]
  onChange: (trial: Trial) => void
}

export function TrialCard({ id, trial, errors, onChange }: Props) {
  const t = useTexts().windows
  const body = trialBody(trial)
  const wrong = trial.gap.trim() !== '' && body.max_gap_minutes === undefined
  const query = new URLSearchParams(Object.entries(body).map(([name, value]) => [name, String(value)]))
  return (
    <Card title={t.trial}>
      <p className="muted trial-text">{t.trialText}</p>
      <div className="settings">
        <TextField
          label={t.gapLimit}
          hint={t.gapLimitHint}
          value={trial.gap}
          problem={wrong ? t.gapLimitWrong : problem(errors, 'max_gap_minutes')}
          onChange={(gap) => onChange({ ...trial, gap })}
        />
        <Field label={t.arithmetic} hint={t.arithmeticHint}>
          {(control) => (
            <select
              {...control}
              value={trial.arithmetic}
              onChange={(event) => onChange({ ...trial, arithmetic: event.target.value as Arithmetic })}
            >
              {ARITHMETICS.map((each) => (
                <option key={each} value={each}>
                  {t.arithmetics[each]}
                </option>
              ))}
            </select>
          )}
        </Field>
      </div>
      {Object.keys(body).length > 0 ? (
        <div className="row">
          <ButtonLink small to={`/sessions/${id}/train?${query.toString()}`}>
            {t.trainWithThese}
          </ButtonLink>
        </div>
      ) : null}
    </Card>
  )
}

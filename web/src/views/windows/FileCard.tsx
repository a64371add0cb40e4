/** One file: its role, its horizon, how values between its rows are found, lags and scaling. */
import type { FileSettings, SettingError } from '@/api/schema'
import { useFormat, useTexts } from '@/i18n'
import { Card } from '@/ui/Card'
import { Field } from '@/ui/Field'
import { problem, type FileDraft } from './draft'

const METHODS: FileDraft['datenanpassung'][] = ['Lineare Interpolation', 'Mittelwertbildung', 'Nächster Wert']
const FORMS: FileDraft['datenform'][] = ['Historische Daten', 'Historische Prognosen', 'Aktueller Wert']

interface Props {
  file: FileSettings
  draft: FileDraft
  errors: SettingError[]
  onChange: (draft: FileDraft) => void
}

export function FileCard({ file, draft, errors, onChange }: Props) {
  const t = useTexts().windows
  const format = useFormat()
  const current = draft.datenform === 'Aktueller Wert'
  const change = (fields: Partial<FileDraft>) => onChange({ ...draft, ...fields })
  const said = (field: keyof FileDraft) => problem(errors, field, file.id)
  return (
    <Card
      title={file.bezeichnung}
      actions={
        <span className="chip">{t.rows(format.whole(file.datenpunkte), format.number(file.zeitschrittweite))}</span>
      }
    >
      <div className="settings">
        <Field label={t.role} problem={said('type')}>
          {(control) => (
            <select
              {...control}
              value={draft.type}
              onChange={(event) => change({ type: event.target.value as FileDraft['type'] })}
            >
              <option value="input">{t.input}</option>
              <option value="output">{t.output}</option>
            </select>
          )}
        </Field>
        <Field label={t.form} problem={said('datenform')}>
          {(control) => (
            <select
              {...control}
              value={draft.datenform}
              onChange={(event) => change({ datenform: event.target.value as FileDraft['datenform'] })}
            >
              {FORMS.map((form) => (
                <option key={form} value={form}>
                  {t.forms[form]}
                </option>
              ))}
            </select>
          )}
        </Field>
        {current ? null : (
          <>
            <TextField
              label={t.from}
              value={draft.zeithorizont_start}
              problem={said('zeithorizont_start')}
              onChange={(typed) => change({ zeithorizont_start: typed })}
            />
            <TextField
              label={t.to}
              value={draft.zeithorizont_end}
              problem={said('zeithorizont_end')}
              onChange={(typed) => change({ zeithorizont_end: typed })}
            />
            <Field label={t.method} problem={said('datenanpassung')}>
              {(control) => (
                <select
                  {...control}
                  value={draft.datenanpassung}
                  onChange={(event) => change({ datenanpassung: event.target.value as FileDraft['datenanpassung'] })}
                >
                  {METHODS.map((method) => (
                    <option key={method} value={method}>
                      {t.methods[method]}
                    </option>
                  ))}
                </select>
              )}
            </Field>
          </>
        )}
        {draft.type === 'input' && draft.datenform !== 'Historische Prognosen' ? (
          <TextField
            label={t.lags}
            hint={t.lagsHint}
            value={draft.lags}
            problem={said('lags')}
            onChange={(typed) => change({ lags: typed })}
          />
        ) : null}
        {draft.skalierung ? (
          <>
            <TextField
              label={t.scaleMin}
              value={draft.skalierung_min}
              problem={said('skalierung_min')}
              onChange={(typed) => change({ skalierung_min: typed })}
            />
            <TextField
              label={t.scaleMax}
              value={draft.skalierung_max}
              problem={said('skalierung_max')}
              onChange={(typed) => change({ skalierung_max: typed })}
            />
          </>
        ) : null}
      </div>
      <div className="row checks">
        <Check label={t.scaled} checked={draft.skalierung} onChange={(on) => change({ skalierung: on })} />
        {current ? null : (
          <Check
            label={t.windowMean}
            checked={draft.mittelwertbildung_uber_den_zeithorizont}
            onChange={(on) => change({ mittelwertbildung_uber_den_zeithorizont: on })}
          />
        )}
      </div>
    </Card>
  )
}

interface TextProps {
  label: string
  hint?: string
  value: string
  problem?: string | null
  list?: string
  onChange: (typed: string) => void
}

export function TextField({ label, hint, value, problem: said, list, onChange }: TextProps) {
  return (
    <Field label={label} hint={hint} problem={said}>
      {(control) => <input {...control} value={value} list={list} onChange={(event) => onChange(event.target.value)} />}
    </Field>
  )
}

interface CheckProps {
  label: string
  checked: boolean
  onChange: (checked: boolean) => void
}

export function Check({ label, checked, onChange }: CheckProps) {
  return (
    <label className="check">
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.target.checked)} /> {label}
    </label>
  )
}

/** Calendar features: which of them, over which hours, on which clock; each with its curve in the window shown. */
import type { SettingError, Window } from '@/api/schema'
import { useColours } from '@/charts/colours'
import { useTexts } from '@/i18n'
import { Card } from '@/ui/Card'
import { COMPONENTS, problem, type CategoryDraft, type Component, type Draft } from './draft'
import { domain, extent, path, points, scale } from './drawing'
import { Check, TextField } from './FileCard'
import { SchoolHolidays } from './SchoolHolidays'

const LETTERS: Record<Component, string> = { jahr: 'Y', monat: 'M', woche: 'W', tag: 'D', feiertag: 'H' }
const COUNTRIES = [
  'AT',
  'DE',
  'CH',
  'DE-BY',
  'DE-BW',
  'DE-NW',
  'AU',
  'AU-VIC',
  'FR',
  'IT',
  'GB',
  'ES',
  'NL',
  'PL',
  'US',
]
const SIZE = { width: 220, height: 64 }

interface Props {
  draft: Draft
  errors: SettingError[]
  window: Window | null
  onChange: (draft: Draft) => void
}

export function CalendarCard({ draft, errors, window, onChange }: Props) {
  const t = useTexts().windows
  const change = (name: Component, fields: Partial<CategoryDraft>) =>
    onChange({ ...draft, categories: { ...draft.categories, [name]: { ...draft.categories[name], ...fields } } })
  return (
    <Card title={t.calendar}>
      <p className="muted">{t.calendarText}</p>
      <div className="components">
        {COMPONENTS.map((name) => (
          <fieldset key={name}>
            <legend>
              <Check
                label={t.components[name]}
                checked={draft.on[name]}
                onChange={(on) => onChange({ ...draft, on: { ...draft.on, [name]: on } })}
              />
            </legend>
            {draft.on[name] ? (
              <>
                <Curve window={window} letter={LETTERS[name]} label={t.components[name]} />
                <Category
                  name={name}
                  draft={draft.categories[name]}
                  errors={errors}
                  onChange={(fields) => change(name, fields)}
                />
              </>
            ) : null}
          </fieldset>
        ))}
      </div>
      <datalist id="countries">
        {COUNTRIES.map((code) => (
          <option key={code} value={code} />
        ))}
      </datalist>
    </Card>
  )
}

interface CategoryProps {
  name: Component
  draft: CategoryDraft
  errors: SettingError[]
  onChange: (fields: Partial<CategoryDraft>) => void
}

function Category({ name, draft, errors, onChange }: CategoryProps) {
  const t = useTexts().windows
  const said = (field: string) => problem(errors, `timeInfo.category_data.${name}.${field}`)
  return (
    <>
      {name === 'feiertag' ? (
        <TextField
          label={t.country}
          hint={t.countryHint}
          list="countries"
          value={draft.land}
          problem={said('land')}
          onChange={(land) => onChange({ land })}
        />
      ) : null}
      <div className="row checks">
        <Check label={t.local} checked={draft.local} onChange={(local) => onChange({ local })} />
        <Check label={t.perStep} checked={draft.perStep} onChange={(perStep) => onChange({ perStep })} />
        <Check label={t.scaled} checked={draft.scaled} onChange={(scaled) => onChange({ scaled })} />
        {name === 'feiertag' ? (
          <Check label={t.bridges} checked={draft.bridges} onChange={(bridges) => onChange({ bridges })} />
        ) : null}
      </div>
      <div className="settings narrow">
        {draft.perStep ? (
          <>
            <TextField
              label={t.from}
              value={draft.start}
              problem={said('zeithorizontStart')}
              onChange={(start) => onChange({ start })}
            />
            <TextField
              label={t.to}
              value={draft.end}
              problem={said('zeithorizontEnd')}
              onChange={(end) => onChange({ end })}
            />
          </>
        ) : null}
        {draft.scaled ? (
          <>
            <TextField
              label={t.scaleMin}
              value={draft.min}
              problem={said('skalierungMin')}
              onChange={(min) => onChange({ min })}
            />
            <TextField
              label={t.scaleMax}
              value={draft.max}
              problem={said('skalierungMax')}
              onChange={(max) => onChange({ max })}
            />
          </>
        ) : null}
      </div>
      {name === 'feiertag' ? (
        <SchoolHolidays spans={draft.school} errors={errors} onChange={(school) => onChange({ school })} />
      ) : null}
    </>
  )
}

/** The component's columns over the window that is shown: sine and cosine, or the flags of holidays. */
function Curve({ window, letter, label }: { window: Window | null; letter: string; label: string }) {
  const colours = useColours()
  const t = useTexts().windows
  if (window === null) return null
  const columns = window.calendar.filter(({ name }) => name === letter || name.startsWith(`${letter}_`))
  const lines = columns.map(({ times, values }) => points(times, values, window.reference_time))
  if (lines.length === 0) return null
  const hours = domain(
    lines.map((line) => ({ start: line[0]?.hour ?? 0, end: line.at(-1)?.hour ?? 0 })),
    0.04,
  )
  const x = scale(hours, { start: 0, end: SIZE.width })
  const flags =
    letter === 'H'
      ? { start: 0, end: 1 }
      : extent([
          [
            { hour: 0, value: -1 },
            { hour: 0, value: 1 },
          ],
        ])
  const y = scale(flags, { start: SIZE.height - 6, end: 6 })
  return (
    <svg className="curve" viewBox={`0 0 ${SIZE.width} ${SIZE.height}`} role="img" aria-label={t.curveOf(label)}>
      <line className="now" x1={x(0)} x2={x(0)} y1={0} y2={SIZE.height} />
      {lines.map((line, index) => (
        <path
          key={columns[index]?.name}
          d={path(line, x, y)}
          fill="none"
          stroke={colours.series(index)}
          strokeWidth={2}
        />
      ))}
    </svg>
  )
}

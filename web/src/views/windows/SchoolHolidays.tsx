/** School holidays: no calendar knows them all, so their first and last days are given. */
import { Plus, X } from 'lucide-react'
import type { SettingError } from '@/api/schema'
import { useTexts } from '@/i18n'
import { Button } from '@/ui/Button'
import { Field } from '@/ui/Field'
import { problem, type SchoolSpan } from './draft'

interface Props {
  spans: SchoolSpan[]
  errors: SettingError[]
  onChange: (spans: SchoolSpan[]) => void
}

const DAYS = ['von', 'bis'] as const

export function SchoolHolidays({ spans, errors, onChange }: Props) {
  const t = useTexts().windows
  const change = (place: number, fields: Partial<SchoolSpan>) =>
    onChange(spans.map((span, index) => (index === place ? { ...span, ...fields } : span)))
  return (
    <div className="stack school" role="group" aria-label={t.schoolGroup}>
      <p className="muted">{spans.length === 0 ? t.schoolNone : t.school}</p>
      {spans.map((span, place) => (
        <div key={place} className="school-span">
          {DAYS.map((name) => (
            <Field
              key={name}
              label={t.schoolDays[name]}
              problem={problem(errors, `timeInfo.category_data.feiertag.schulferien[${place}].${name}`)}
            >
              {(control) => (
                <input
                  {...control}
                  type="date"
                  value={span[name]}
                  onChange={(event) => change(place, { [name]: event.target.value })}
                />
              )}
            </Field>
          ))}
          <Button
            icon
            kind="quiet"
            aria-label={t.schoolRemove(String(place + 1))}
            onClick={() => onChange(spans.filter((_, index) => index !== place))}
          >
            <X size={16} aria-hidden />
          </Button>
        </div>
      ))}
      <div className="row">
        <Button small onClick={() => onChange([...spans, { von: '', bis: '' }])}>
          <Plus size={16} aria-hidden /> {t.schoolAdd}
        </Button>
      </div>
    </div>
  )
}

/** What was detected, as chips that are changed by a click; a guess stands out. */
import { Check, HelpCircle, Sparkles } from 'lucide-react'
import { useId, useState } from 'react'
import type { Detected, Preview } from '@/api/schema'
import { useTexts } from '@/i18n'
import { Button } from '@/ui/Button'
import { Dialog } from '@/ui/Dialog'
import { Field } from '@/ui/Field'
import { Menu, MenuItem, MenuLabel } from '@/ui/Menu'
import { without, type Options } from './usePreview'

const FIELDS = ['encoding', 'separator', 'decimal', 'hasHeader', 'timeColumn', 'dateFormat', 'timezone'] as const
type FieldName = (typeof FIELDS)[number]
type Value = Detected['value']
const FREE: readonly FieldName[] = ['dateFormat', 'timezone']
const SHORTEST = 2

interface Props {
  detected: Preview['detected']
  options: Options
  onChange: (options: Options) => void
}

export function FormatChips({ detected, options, onChange }: Props) {
  const t = useTexts().upload
  const [free, setFree] = useState<FieldName | null>(null)
  const declare = (field: FieldName, value: Value) => {
    onChange(value === null ? without(options, field) : { ...options, [field]: value })
  }
  return (
    <div className="format-chips" role="group" aria-label={t.look}>
      {FIELDS.map((field) => {
        const found = detected[field]
        return found ? (
          <Chip
            key={field}
            field={field}
            found={found}
            declared={field in options}
            onDeclare={(value) => declare(field, value)}
            onFree={FREE.includes(field) ? () => setFree(field) : null}
          />
        ) : null
      })}
      {free ? (
        <FreeValue
          field={free}
          value={String(options[free] ?? detected[free]?.value ?? '')}
          onTake={(value) => {
            declare(free, value)
            setFree(null)
          }}
          onClose={() => setFree(null)}
        />
      ) : null}
    </div>
  )
}

interface ChipProps {
  field: FieldName
  found: Detected
  declared: boolean
  onDeclare: (value: Value) => void
  onFree: (() => void) | null
}

function Chip({ field, found, declared, onDeclare, onFree }: ChipProps) {
  const t = useTexts().upload
  const shown = useShown()
  const look = found.sure === 'guess' ? 'chip warn' : found.sure === 'likely' ? 'chip accent' : 'chip'
  const Mark = found.sure === 'guess' ? HelpCircle : declared ? Check : Sparkles
  return (
    <Menu
      trigger={
        <button type="button" className={look} title={t.sure[found.sure]}>
          <Mark size={14} aria-hidden />
          <span className="muted">{t.format[field]}</span> <strong>{shown(field, found.value)}</strong>
          <span className="visually-hidden">{t.sure[found.sure]}</span>
        </button>
      }
    >
      <MenuLabel>{`${t.format[field]}: ${t.sure[found.sure]}`}</MenuLabel>
      <MenuItem onSelect={() => onDeclare(found.value)}>
        <Check size={15} aria-hidden /> {shown(field, found.value)}
      </MenuItem>
      {found.alternatives.map((other) => (
        <MenuItem key={String(other.value)} onSelect={() => onDeclare(other.value)}>
          <span className="stack format-option">
            <span>{shown(field, other.value)}</span>
            {other.example === null ? null : (
              <small className="muted">
                {field === 'separator' ? t.columns(other.example) : t.reads(other.example)}
              </small>
            )}
          </span>
        </MenuItem>
      ))}
      {onFree ? <MenuItem onSelect={onFree}>{t.other}</MenuItem> : null}
      {declared ? <MenuItem onSelect={() => onDeclare(null)}>{t.asDetected}</MenuItem> : null}
    </Menu>
  )
}

/** Values in words. */
export function useShown(): (field: string, value: Value) => string {
  const t = useTexts().upload
  return (field, value) => {
    if (typeof value === 'boolean') return value ? t.yes : t.no
    if (value === null) return ''
    if (field === 'separator') return t.separators[value] ?? value
    if (field === 'decimal') return t.marks[value] ?? value
    return value
  }
}

interface FreeProps {
  field: FieldName
  value: string
  onTake: (value: string) => void
  onClose: () => void
}

function FreeValue({ field, value, onTake, onClose }: FreeProps) {
  const t = useTexts().upload
  const list = useId()
  const [text, setText] = useState(value)
  const zones = field === 'timezone' ? Intl.supportedValuesOf('timeZone') : []
  return (
    <Dialog title={t.otherOf(t.format[field])} open onOpenChange={onClose}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault()
          if (text.trim().length >= SHORTEST) onTake(text.trim())
        }}
      >
        <Field label={t.format[field]} hint={field === 'timezone' ? t.zoneHint : t.dateHint}>
          {(control) => (
            <input {...control} list={list} value={text} onChange={(event) => setText(event.target.value)} />
          )}
        </Field>
        <datalist id={list}>
          {zones.map((zone) => (
            <option key={zone} value={zone} />
          ))}
        </datalist>
        <div className="row">
          <Button kind="primary" type="submit">
            {t.take}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

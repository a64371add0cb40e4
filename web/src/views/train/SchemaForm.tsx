/** A form for whatever a schema describes: one control per field, what is wrong beside it. */
import { useState, type ReactNode } from 'react'
import { useTexts } from '@/i18n'
import { Field as Labelled } from '@/ui/Field'
import { isObject, isUsed, type Field, type Json, type Path, type Values } from './schema'

interface FormProps {
  fields: readonly Field[]
  values: Values
  /** By dotted path, as the server names fields. */
  problems: ReadonlyMap<string, string>
  onChange: (path: Path, value: Json | undefined) => void
  /** Drawn elsewhere. */
  hidden?: (path: Path) => boolean
  /** The object that stands before all else. */
  first?: string | undefined
  path?: Path
}

export function SchemaForm({ fields, values, problems, onChange, hidden, first, path = [] }: FormProps) {
  const t = useTexts().train
  const shown = fields.filter((field) => isUsed(field, values, fields) && !hidden?.([...path, field.name]))
  const plain = shown.filter((field) => field.kind !== 'object')
  const objects = shown.filter((field) => field.kind === 'object')
  const part = (field: Field) => {
    const at = [...path, field.name]
    const inside = values[field.name]
    const problem = problems.get(at.join('.'))
    return (
      <fieldset key={field.name}>
        <legend>{t.fields[field.name]?.title ?? field.title}</legend>
        {problem ? (
          <p className="problem" role="alert">
            {problem}
          </p>
        ) : null}
        <SchemaForm
          fields={field.fields}
          values={isObject(inside) ? inside : {}}
          problems={problems}
          onChange={onChange}
          path={at}
          {...(hidden ? { hidden } : {})}
        />
      </fieldset>
    )
  }
  return (
    <div className="schema-form stack">
      {objects.filter((field) => field.name === first).map(part)}
      {plain.length > 0 ? (
        <div className="schema-fields">
          {plain.map((field) => {
            const at = [...path, field.name]
            return (
              <Control
                key={field.name}
                field={field}
                value={values[field.name]}
                problem={problems.get(at.join('.'))}
                onChange={(value) => onChange(at, value)}
              />
            )
          })}
        </div>
      ) : null}
      {objects.filter((field) => field.name !== first).map(part)}
    </div>
  )
}

interface ControlProps {
  field: Field
  value: Json | undefined
  problem: string | undefined
  onChange: (value: Json | undefined) => void
}

function Control({ field, value, problem, onChange }: ControlProps) {
  const t = useTexts().train
  const known = t.fields[field.name]
  const label = known?.title ?? field.title
  const hint = known ? known.hint : field.description || undefined
  if (field.kind === 'many')
    return <Many field={field} label={label} hint={hint} value={value} problem={problem} onChange={onChange} />
  return (
    <Labelled label={label} hint={hint} problem={problem}>
      {(control) => {
        switch (field.kind) {
          case 'choice':
          case 'boolean':
            return <Choice control={control} field={field} value={value} onChange={onChange} />
          case 'number':
          case 'integer':
            return (
              <Typed
                control={control}
                shown={typeof value === 'number' ? String(value) : ''}
                field={field}
                inputMode="decimal"
                read={(text) =>
                  Number.isFinite(Number(text.replace(',', '.'))) ? Number(text.replace(',', '.')) : text
                }
                value={value}
                onChange={onChange}
              />
            )
          case 'list':
            return (
              <Typed
                control={control}
                shown={Array.isArray(value) ? value.map(String).join(', ') : ''}
                field={field}
                read={(text) => listOf(text, field.numbers)}
                value={value}
                onChange={onChange}
                empty={field.standard === undefined ? undefined : []}
              />
            )
          case 'json':
            return (
              <Typed
                control={control}
                shown={value === undefined ? '' : JSON.stringify(value)}
                field={field}
                read={(text) => jsonOf(text)}
                value={value}
                onChange={onChange}
              />
            )
          default:
            return (
              <Typed
                control={control}
                shown={typeof value === 'string' ? value : ''}
                field={field}
                read={(text) => text}
                value={value}
                onChange={onChange}
              />
            )
        }
      }}
    </Labelled>
  )
}

type Attributes = Parameters<Parameters<typeof Labelled>[0]['children']>[0]

interface TypedProps {
  control: Attributes
  field: Field
  value: Json | undefined
  /** The value as text. */
  shown: string
  read: (text: string) => Json
  onChange: (value: Json | undefined) => void
  /** What an emptied field means; undefined: its default. */
  empty?: Json | undefined
  inputMode?: 'decimal'
}

/** A text that is read while it is typed; what is shown follows the value when that changes elsewhere. */
function Typed({ control, field, value, shown, read, onChange, empty, inputMode }: TypedProps) {
  const [draft, setDraft] = useState<{ text: string; value: Json | undefined } | null>(null)
  const current = draft !== null && same(draft.value, value) ? draft.text : typeof value === 'string' ? value : shown
  const list = field.examples.length > 0 ? `${control.id}-examples` : undefined
  return (
    <>
      <input
        {...control}
        type="text"
        value={current}
        placeholder={placeholder(field.standard)}
        list={list}
        inputMode={inputMode}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => {
          const { value: text } = event.target
          const next = text.trim() === '' ? (value === undefined ? undefined : empty) : read(text.trim())
          setDraft({ text, value: next })
          onChange(next)
        }}
        onBlur={() => setDraft(null)}
      />
      {list ? (
        <datalist id={list}>
          {field.examples.map((each) => (
            <option key={each} value={each} />
          ))}
        </datalist>
      ) : null}
    </>
  )
}

interface ChoiceProps {
  control: Attributes
  field: Field
  value: Json | undefined
  onChange: (value: Json | undefined) => void
}

/** Also of yes and no; what is the default says so. */
function Choice({ control, field, value, onChange }: ChoiceProps) {
  const t = useTexts().train
  const options: (string | number | boolean)[] = field.kind === 'boolean' ? [true, false] : field.options
  const said = value ?? field.standard ?? null
  const name = (option: string | number | boolean) =>
    typeof option === 'boolean' ? (option ? t.yes : t.no) : String(option)
  const at = options.findIndex((option) => option === said)
  return (
    <select
      {...control}
      value={at < 0 ? '' : String(at)}
      onChange={(event) => {
        const option = options[Number(event.target.value)]
        onChange(event.target.value === '' || option === field.standard ? undefined : (option ?? null))
      }}
    >
      {at < 0 || field.nullable ? <option value="">{t.standard}</option> : null}
      {options.map((option, index) => (
        <option key={String(option)} value={index}>
          {option === field.standard ? `${name(option)} (${t.standard})` : name(option)}
        </option>
      ))}
    </select>
  )
}

function Many({ field, label, hint, value, problem, onChange }: ControlProps & { label: string; hint: ReactNode }) {
  const chosen = Array.isArray(value) ? value : Array.isArray(field.standard) ? field.standard : []
  return (
    <fieldset className="field many" aria-invalid={problem ? true : undefined}>
      <legend>{label}</legend>
      <div className="row">
        {field.options.map((option) => (
          <label key={option} className="chip">
            <input
              type="checkbox"
              checked={chosen.includes(option)}
              onChange={(event) =>
                onChange(
                  field.options.filter((each) => (each === option ? event.target.checked : chosen.includes(each))),
                )
              }
            />
            {String(option)}
          </label>
        ))}
      </div>
      {hint ? <span className="hint">{hint}</span> : null}
      {problem ? (
        <span className="problem" role="alert">
          {problem}
        </span>
      ) : null}
    </fieldset>
  )
}

function listOf(text: string, numbers: boolean): Json {
  const parts = text.split(/[;,\s]+/).filter((part) => part !== '')
  return parts.map((part) => (numbers && Number.isFinite(Number(part)) ? Number(part) : part))
}

function jsonOf(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    return text
  }
}

function placeholder(standard: Json | undefined): string | undefined {
  if (standard === undefined || standard === null) return undefined
  return Array.isArray(standard)
    ? standard.map(String).join(', ')
    : typeof standard === 'object'
      ? JSON.stringify(standard)
      : String(standard)
}

function same(one: Json | undefined, other: Json | undefined): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other)
}

/** Which jobs are listed: by name, status, priority, kind, and for an admin by whose they are. */
import { Search } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useTexts } from '@/i18n'
import type { Wanted } from './queries'

const PAUSE_MS = 250

interface Props {
  wanted: Wanted
  onChange: (changes: Partial<Wanted>) => void
  admin: boolean
}

export function Filters({ wanted, onChange, admin }: Props) {
  const t = useTexts().jobs
  return (
    <div className="job-filters">
      <NameField value={wanted.name} onChange={(name) => onChange({ name })} />
      <Choice
        label={t.statusFilter}
        value={wanted.status}
        options={t.statuses}
        onChange={(status) => onChange({ status })}
      />
      <Choice
        label={t.priorityFilter}
        value={wanted.priority}
        options={{ '': t.everyPriority, ...t.priorities }}
        onChange={(priority) => onChange({ priority })}
      />
      <Choice label={t.laneFilter} value={wanted.lane} options={t.lanes} onChange={(lane) => onChange({ lane })} />
      {admin ? (
        <Choice
          label={t.ownerFilter}
          value={wanted.owner}
          options={t.owners}
          onChange={(owner) => onChange({ owner })}
        />
      ) : null}
    </div>
  )
}

interface ChoiceProps<T extends string> {
  label: string
  value: T
  options: Readonly<Record<T, string>>
  onChange: (value: T) => void
}

function Choice<T extends string>({ label, value, options, onChange }: ChoiceProps<T>) {
  return (
    <select aria-label={label} value={value} onChange={(event) => onChange(event.target.value as T)}>
      {(Object.entries(options) as [T, string][]).map(([key, text]) => (
        <option key={key} value={key}>
          {text}
        </option>
      ))}
    </select>
  )
}

/** Asks the server when typing has paused. */
function NameField({ value, onChange }: { value: string; onChange: (name: string) => void }) {
  const t = useTexts().jobs
  const [text, setText] = useState(value)
  const [known, setKnown] = useState(value)
  if (known !== value) {
    setKnown(value)
    setText(value)
  }
  useEffect(() => {
    if (text === value) return undefined
    const later = setTimeout(() => onChange(text), PAUSE_MS)
    return () => clearTimeout(later)
  }, [text, value, onChange])
  return (
    <div className="job-search">
      <Search size={16} aria-hidden />
      <input
        type="search"
        aria-label={t.search}
        placeholder={t.search}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
    </div>
  )
}

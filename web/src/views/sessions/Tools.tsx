/** What stands above the list: search, tag, order, the bin, and the comparison of what is selected. */
import { Columns3, Search, X } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useTexts } from '@/i18n'
import { Button, ButtonLink } from '@/ui/Button'
import { useTags, type Order, type Wanted } from './queries'

const PAUSE_MS = 180

interface Props {
  wanted: Wanted
  onChange: (changes: Partial<Wanted>) => void
  selected: ReadonlySet<string>
  onClear: () => void
}

export function Tools({ wanted, onChange, selected, onClear }: Props) {
  const t = useTexts().sessions
  const tags = useTags().data?.tags ?? []
  const chosen = wanted.tag !== '' && !tags.some((each) => each.tag === wanted.tag)
  return (
    <div className="session-tools">
      <SearchField value={wanted.search} onChange={(search) => onChange({ search })} />
      <select aria-label={t.tag} value={wanted.tag} onChange={(event) => onChange({ tag: event.target.value })}>
        <option value="">{t.allTags}</option>
        {chosen ? <option value={wanted.tag}>{wanted.tag}</option> : null}
        {tags.map(({ tag, sessions }) => (
          <option key={tag} value={tag}>{`${tag} (${sessions})`}</option>
        ))}
      </select>
      <select
        aria-label={t.order}
        value={wanted.order}
        onChange={(event) => onChange({ order: event.target.value as Order })}
      >
        {(Object.entries(t.orders) as [Order, string][]).map(([order, text]) => (
          <option key={order} value={order}>
            {text}
          </option>
        ))}
      </select>
      <label className="row session-bin">
        <input
          type="checkbox"
          checked={wanted.deleted}
          onChange={(event) => onChange({ deleted: event.target.checked })}
        />
        {t.bin}
      </label>
      {selected.size > 0 ? (
        <div className="row session-selection">
          <span role="status">{t.selected(selected.size)}</span>
          <ButtonLink
            small
            kind={selected.size > 1 ? 'primary' : undefined}
            to={`/compare?${[...selected].map((id) => `session=${id}`).join('&')}`}
          >
            <Columns3 size={15} aria-hidden /> {t.compare}
          </ButtonLink>
          <Button small icon kind="quiet" aria-label={t.clear} onClick={onClear}>
            <X size={16} aria-hidden />
          </Button>
        </div>
      ) : null}
    </div>
  )
}

/** Asks the server when typing has paused. */
function SearchField({ value, onChange }: { value: string; onChange: (text: string) => void }) {
  const t = useTexts().sessions
  const [text, setText] = useState(value)
  const [known, setKnown] = useState(value)
  if (known !== value) {
    setKnown(value)
    setText(value)
  }
  useEffect(() => {
    if (text.trim() === value) return
    const timer = setTimeout(() => onChange(text.trim()), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [text, value, onChange])
  return (
    <div className="session-search">
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

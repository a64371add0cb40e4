/** One session in the list: its name (changed in place), tags, what is in it, and what can be done with it. */
import { Copy, MoreHorizontal, Pencil, Tags, Trash2, Undo2 } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { Link } from 'react-router'
import type { SessionSummary } from '@/api/schema'
import { mayEdit } from '@/app/access'
import { useFormat, useTexts } from '@/i18n'
import { Button } from '@/ui/Button'
import { Menu, MenuItem } from '@/ui/Menu'

interface Props {
  session: SessionSummary
  name: string
  selected: boolean
  onSelect: (selected: boolean) => void
  onRename: (name: string) => void
  onTags: () => void
  onTag: (tag: string) => void
  onDuplicate: () => void
  onDelete: () => void
  onRestore: () => void
}

export function SessionLine(props: Props) {
  const { session, name, selected } = props
  const all = useTexts()
  const t = all.sessions
  const format = useFormat()
  const [renaming, setRenaming] = useState(false)
  const deleted = session.deleted_at !== null
  const mayChange = mayEdit(session.access)
  return (
    <div className={selected ? 'session-line selected' : 'session-line'}>
      {deleted ? (
        <span />
      ) : (
        <input
          type="checkbox"
          aria-label={t.select(name)}
          checked={selected}
          onChange={(event) => props.onSelect(event.target.checked)}
        />
      )}
      <div className="session-name">
        {renaming ? (
          <NameInput
            name={session.name ?? ''}
            label={t.renameLong(name)}
            onDone={(changed) => {
              setRenaming(false)
              if (changed !== null && changed !== session.name) props.onRename(changed)
            }}
          />
        ) : deleted ? (
          <span>{name}</span>
        ) : (
          <>
            <Link to={`/sessions/${session.id}`}>{name}</Link>
            {mayChange ? (
              <Button
                icon
                small
                kind="quiet"
                className="session-pencil"
                aria-label={t.renameLong(name)}
                onClick={() => setRenaming(true)}
              >
                <Pencil size={14} aria-hidden />
              </Button>
            ) : null}
          </>
        )}
        <span className="session-tags">
          {session.access === 'owner' ? null : (
            <span className="chip accent">
              {all.sharing.sharedBy(session.owner ?? '', all.sharing.roles[session.access] ?? session.access)}
            </span>
          )}
          {session.tags.map((tag) => (
            <button key={tag} type="button" className="chip" onClick={() => props.onTag(tag)}>
              {tag}
            </button>
          ))}
        </span>
      </div>
      <span className="session-files muted">
        {session.files.input + session.files.output === 0
          ? t.noFiles
          : t.files(session.files.input, session.files.output)}
      </span>
      <span className="session-jobs">
        <Jobs session={session} />
      </span>
      <span className="session-when muted">
        {deleted ? t.until(format.time(session.restorable_until)) : t.changed(format.ago(session.updated_at))}
      </span>
      {deleted ? (
        <Button small onClick={props.onRestore}>
          <Undo2 size={15} aria-hidden /> {t.restore}
        </Button>
      ) : mayChange ? (
        <Menu
          trigger={
            <Button icon small kind="quiet" aria-label={t.more(name)}>
              <MoreHorizontal size={18} aria-hidden />
            </Button>
          }
        >
          <MenuItem onSelect={() => setTimeout(() => setRenaming(true))}>
            <Pencil size={16} aria-hidden /> {t.rename}
          </MenuItem>
          <MenuItem onSelect={props.onTags}>
            <Tags size={16} aria-hidden /> {t.tags}
          </MenuItem>
          <MenuItem onSelect={props.onDuplicate}>
            <Copy size={16} aria-hidden /> {t.duplicate}
          </MenuItem>
          {session.access === 'owner' ? (
            <MenuItem onSelect={props.onDelete}>
              <Trash2 size={16} aria-hidden /> {t.remove}
            </MenuItem>
          ) : null}
        </Menu>
      ) : (
        <span />
      )}
    </div>
  )
}

function Jobs({ session }: { session: SessionSummary }) {
  const t = useTexts().sessions
  const format = useFormat()
  const { active, completed, failed } = session.jobs
  const mode = session.best?.mode ?? null
  const skill = session.best?.skill ?? null
  return (
    <>
      {active > 0 ? <span className="chip accent">{t.active(active)}</span> : null}
      {completed > 0 ? <span className="chip">{t.completed(completed)}</span> : null}
      {failed > 0 ? <span className="chip bad">{t.failed(failed)}</span> : null}
      {mode !== null ? (
        <span
          className={skill === null ? 'chip' : skill > 0 ? 'chip good' : 'chip warn'}
          title={
            skill === null
              ? t.best(mode)
              : skill > 0
                ? t.skill(mode, format.percent(skill))
                : t.noSkill(mode, format.percent(-skill))
          }
        >
          {mode} {skill === null ? null : format.percent(skill, 0)}
        </span>
      ) : null}
    </>
  )
}

interface NameInputProps {
  name: string
  label: string
  onDone: (name: string | null) => void
}

/** Enter and leaving it keep the name, Escape does not. */
function NameInput({ name, label, onDone }: NameInputProps) {
  const [text, setText] = useState(name)
  const input = useRef<HTMLInputElement>(null)
  const done = useRef(false)
  useEffect(() => {
    input.current?.focus()
    input.current?.select()
  }, [])
  const end = (keep: boolean) => {
    if (done.current) return
    done.current = true
    const trimmed = text.trim()
    onDone(keep && trimmed !== '' ? trimmed : null)
  }
  return (
    <input
      ref={input}
      aria-label={label}
      maxLength={255}
      value={text}
      onChange={(event) => setText(event.target.value)}
      onBlur={() => end(true)}
      onKeyDown={(event) => {
        if (event.key === 'Enter') end(true)
        if (event.key === 'Escape') end(false)
      }}
    />
  )
}

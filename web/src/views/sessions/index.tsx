/** All sessions of the user: found, named, tagged, copied, deleted and brought back, compared. */
import { Plus } from 'lucide-react'
import { useCallback, useMemo, useState } from 'react'
import { useNavigate, useSearchParams } from 'react-router'
import type { SessionSummary } from '@/api/schema'
import { useFormat, useTexts } from '@/i18n'
import { Button } from '@/ui/Button'
import { SameByApi } from '@/ui/SameByApi'
import { Empty, Loading, Refused } from '@/ui/states'
import { NewSession, TagsDialog } from './dialogs'
import { useSessionActions, useSessionPages, type Order, type Wanted } from './queries'
import { SessionLine } from './SessionLine'
import { SessionTable } from './SessionTable'
import { Tools } from './Tools'
import './sessions.css'

export function Component() {
  const t = useTexts().sessions
  const format = useFormat()
  const navigate = useNavigate()
  const [wanted, change] = useWanted()
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const [creating, setCreating] = useState(false)
  const [tagging, setTagging] = useState<SessionSummary | null>(null)
  const pages = useSessionPages(wanted)
  const nameOf = useCallback((session: SessionSummary) => session.name ?? t.unnamed, [t])
  const actions = useSessionActions(nameOf)
  const sessions = useMemo(() => pages.data?.pages.flatMap((page) => page.sessions) ?? [], [pages.data])
  const total = pages.data?.pages[0]?.total ?? 0
  const narrowed = wanted.search !== '' || wanted.tag !== ''
  const { fetchNextPage } = pages
  const more = useCallback(() => void fetchNextPage(), [fetchNextPage])
  const select = (id: string, on: boolean) =>
    setSelected((before) => {
      const after = new Set(before)
      if (on) after.add(id)
      else after.delete(id)
      return after
    })
  const create = (
    <Button kind="primary" onClick={() => setCreating(true)}>
      <Plus size={17} aria-hidden /> {t.create}
    </Button>
  )
  return (
    <div className="stack">
      <div className="page-head">
        <div className="row">
          <h1>{t.title}</h1>
          {pages.isSuccess ? (
            <span className="muted" role="status">
              {narrowed || wanted.deleted ? t.found(format.whole(total)) : t.count(format.whole(total))}
            </span>
          ) : null}
        </div>
        <div className="row">
          <SameByApi calls={[{ method: 'GET', path: asPath(wanted) }]} />
          {create}
        </div>
      </div>
      <Tools wanted={wanted} onChange={change} selected={selected} onClear={() => setSelected(new Set())} />
      {pages.isPending ? <Loading height={320} /> : null}
      {pages.isError && sessions.length === 0 ? (
        <Refused error={pages.error} onRetry={() => void pages.refetch()} />
      ) : null}
      {pages.isSuccess && sessions.length === 0 ? (
        wanted.deleted ? (
          <Empty title={t.binEmptyTitle}>{t.binEmpty}</Empty>
        ) : narrowed ? (
          <Empty
            title={t.noneTitle}
            action={<Button onClick={() => change({ search: '', tag: '' })}>{t.clearSearch}</Button>}
          >
            {t.none}
          </Empty>
        ) : (
          <Empty title={t.emptyTitle} action={create}>
            {t.empty}
          </Empty>
        )
      ) : null}
      {sessions.length > 0 ? (
        <SessionTable
          sessions={sessions}
          total={total}
          more={pages.hasNextPage}
          loading={pages.isFetchingNextPage}
          onMore={more}
        >
          {(session) => (
            <SessionLine
              session={session}
              name={nameOf(session)}
              selected={selected.has(session.id)}
              onSelect={(on) => select(session.id, on)}
              onRename={(name) => actions.change.mutate({ session, name })}
              onTags={() => setTagging(session)}
              onTag={(tag) => change({ tag })}
              onDuplicate={() => actions.duplicate.mutate(session)}
              onDelete={() => {
                select(session.id, false)
                actions.remove.mutate(session)
              }}
              onRestore={() => actions.restore.mutate(session)}
            />
          )}
        </SessionTable>
      ) : null}
      {creating ? (
        <NewSession open onOpenChange={setCreating} onCreated={(id) => void navigate(`/sessions/${id}/upload`)} />
      ) : null}
      {tagging ? (
        <TagsDialog session={tagging} name={nameOf(tagging)} change={actions.change} onClose={() => setTagging(null)} />
      ) : null}
    </div>
  )
}

/** What is asked for stands in the address, so that it can be kept and sent to others. */
function useWanted(): [Wanted, (changes: Partial<Wanted>) => void] {
  const [parameters, setParameters] = useSearchParams()
  const order = parameters.get('order')
  const wanted: Wanted = {
    search: parameters.get('search') ?? '',
    tag: parameters.get('tag') ?? '',
    order: (['created', 'name'] as Order[]).find((each) => each === order) ?? 'updated',
    deleted: parameters.get('deleted') === 'true',
  }
  const change = useCallback(
    (changes: Partial<Wanted>) =>
      setParameters(
        (before) => {
          for (const [name, value] of Object.entries(changes)) {
            if (value === '' || value === false || value === 'updated') before.delete(name)
            else before.set(name, String(value))
          }
          return before
        },
        { replace: true },
      ),
    [setParameters],
  )
  return [wanted, change]
}

function asPath(wanted: Wanted): string {
  const query = new URLSearchParams({ order: wanted.order })
  if (wanted.search) query.set('search', wanted.search)
  if (wanted.tag) query.set('tag', wanted.tag)
  if (wanted.deleted) query.set('deleted', 'true')
  return `/api/v1/sessions?${query.toString()}`
}

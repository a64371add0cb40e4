/** API keys of the session: make one (shown once), see when they were used, delete. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Trash2 } from 'lucide-react'
import { useState, type SubmitEvent } from 'react'
import { api, call } from '@/api/client'
import type { ApiKey } from '@/api/schema'
import { useFormat, useTexts } from '@/i18n'
import { Button } from '@/ui/Button'
import { Code } from '@/ui/Code'
import { Dialog } from '@/ui/Dialog'
import { Field } from '@/ui/Field'
import { useProblemOf } from '@/ui/refusalWords'
import { SameByApi } from '@/ui/SameByApi'
import { Loaded, Refused } from '@/ui/states'

type Scope = ApiKey['scopes'][number]
const SCOPES: Scope[] = ['predict', 'read', 'train']
const DAYS = [30, 90, 365]

export function KeysDialog({ sessionId, onClose }: { sessionId: string; onClose: () => void }) {
  const t = useTexts().sharing
  const client = useQueryClient()
  const key = ['session', sessionId, 'keys']
  const keys = useQuery({
    queryKey: key,
    queryFn: () => call(api.GET('/api/v1/api-keys', { params: { query: { session_id: sessionId } } })),
  })
  const settled = () => void client.invalidateQueries({ queryKey: key })
  const remove = useMutation({
    mutationFn: (id: string) => call(api.DELETE('/api/v1/api-keys/{key_id}', { params: { path: { key_id: id } } })),
    onSettled: settled,
  })
  return (
    <Dialog title={t.keysTitle} description={t.keysHint} open onOpenChange={onClose}>
      <NewKey sessionId={sessionId} onSettled={settled} />
      {remove.isError ? <Refused error={remove.error} /> : null}
      <Loaded query={keys} height={60}>
        {({ keys: found }) =>
          found.length === 0 ? (
            <p className="muted">{t.noKeys}</p>
          ) : (
            <ul className="sharing-list">
              {found.map((each) => (
                <KeyLine key={each.id} about={each} onDelete={() => remove.mutate(each.id)} />
              ))}
            </ul>
          )
        }
      </Loaded>
      <SameByApi calls={[{ method: 'GET', path: `/api/v1/api-keys?session_id=${sessionId}` }]} />
    </Dialog>
  )
}

function NewKey({ sessionId, onSettled }: { sessionId: string; onSettled: () => void }) {
  const t = useTexts().sharing
  const [name, setName] = useState('')
  const [scope, setScope] = useState<Scope>('predict')
  const [days, setDays] = useState<number | null>(90)
  const create = useMutation({
    mutationFn: () =>
      call(
        api.POST('/api/v1/api-keys', {
          body: { session_id: sessionId, name: name.trim(), scopes: [scope], expires_in_days: days },
        }),
      ),
    onSuccess: () => setName(''),
    onSettled,
  })
  const problem = useProblemOf(create.error)('name')
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    if (name.trim() !== '') create.mutate()
  }
  return (
    <form className="stack" onSubmit={submit}>
      <Field label={t.keyName} problem={problem}>
        {(control) => (
          <input {...control} maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />
        )}
      </Field>
      <Field label={t.scope} hint={t.scopeHints[scope]}>
        {(control) => (
          <select {...control} value={scope} onChange={(event) => setScope(event.target.value as Scope)}>
            {SCOPES.map((each) => (
              <option key={each} value={each}>
                {t.scopes[each]}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label={t.expiry}>
        {(control) => (
          <select
            {...control}
            value={days ?? ''}
            onChange={(event) => setDays(event.target.value === '' ? null : Number(event.target.value))}
          >
            {DAYS.map((each) => (
              <option key={each} value={each}>
                {t.days(each)}
              </option>
            ))}
            <option value="">{t.never}</option>
          </select>
        )}
      </Field>
      {create.isError && problem === null ? <Refused error={create.error} /> : null}
      <div className="row">
        <Button kind="primary" type="submit" disabled={name.trim() === '' || create.isPending}>
          {t.makeKey}
        </Button>
      </div>
      {create.data === undefined ? null : (
        <div className="note" role="status">
          <p>{t.shownOnce}</p>
          <Code text={create.data.key} />
        </div>
      )}
    </form>
  )
}

function KeyLine({ about, onDelete }: { about: ApiKey; onDelete: () => void }) {
  const t = useTexts().sharing
  const format = useFormat()
  const used = about.last_used_at === null ? t.neverUsed : t.used(format.ago(about.last_used_at), about.calls)
  const until = about.expires_at === null ? t.never : t.until(format.date(about.expires_at))
  return (
    <li className="row spread">
      <span className="sharing-name">
        {about.name} <code>{about.prefix}…</code>
        <small className="muted">
          {about.scopes.map((each) => t.scopes[each]).join(', ')} · {about.expired ? t.expired : until} · {used}
        </small>
      </span>
      <Button small icon kind="quiet" aria-label={t.deleteKey(about.name)} onClick={onDelete}>
        <Trash2 size={16} aria-hidden />
      </Button>
    </li>
  )
}

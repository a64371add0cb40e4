/** With whom the session is shared: let an address in, change as what, withdraw. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Trash2 } from 'lucide-react'
import { useState, type SubmitEvent } from 'react'
import { api, call } from '@/api/client'
import type { SessionShare } from '@/api/schema'
import { useTexts } from '@/i18n'
import { Button } from '@/ui/Button'
import { Dialog } from '@/ui/Dialog'
import { Field } from '@/ui/Field'
import { useProblemOf } from '@/ui/refusalWords'
import { SameByApi } from '@/ui/SameByApi'
import { Loaded, Refused } from '@/ui/states'

type Role = SessionShare['role']

export function ShareDialog({ sessionId, onClose }: { sessionId: string; onClose: () => void }) {
  const t = useTexts().sharing
  const client = useQueryClient()
  const [email, setEmail] = useState('')
  const [role, setRole] = useState<Role>('reader')
  const path = { session_id: sessionId }
  const key = ['session', sessionId, 'shares']
  const shares = useQuery({
    queryKey: key,
    queryFn: () => call(api.GET('/api/v1/sessions/{session_id}/shares', { params: { path } })),
  })
  const settled = () => void client.invalidateQueries({ queryKey: key })
  const share = useMutation({
    mutationFn: (body: { email: string; role: Role }) =>
      call(api.POST('/api/v1/sessions/{session_id}/shares', { params: { path }, body })),
    onSuccess: (_, sent) => setEmail((typed) => (typed.trim() === sent.email ? '' : typed)),
    onSettled: settled,
  })
  const withdraw = useMutation({
    mutationFn: (id: string) =>
      call(
        api.DELETE('/api/v1/sessions/{session_id}/shares/{share_id}', { params: { path: { ...path, share_id: id } } }),
      ),
    onSettled: settled,
  })
  const problem = useProblemOf(share.error)('email')
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    if (email.trim() !== '') share.mutate({ email: email.trim(), role })
  }
  return (
    <Dialog title={t.shareTitle} description={t.shareHint} open onOpenChange={onClose}>
      <form className="stack" onSubmit={submit} noValidate>
        <Field label={t.email} problem={problem}>
          {(control) => (
            <input {...control} type="email" value={email} onChange={(event) => setEmail(event.target.value)} />
          )}
        </Field>
        <Field label={t.role} hint={t.roleHints[role]}>
          {(control) => <RoleChoice {...control} role={role} onChange={setRole} />}
        </Field>
        {share.isError && problem === null ? <Refused error={share.error} /> : null}
        {withdraw.isError ? <Refused error={withdraw.error} /> : null}
        <div className="row">
          <Button kind="primary" type="submit" disabled={email.trim() === '' || share.isPending}>
            {t.letIn}
          </Button>
        </div>
      </form>
      <Loaded query={shares} height={60}>
        {({ shares: found }) =>
          found.length === 0 ? (
            <p className="muted">{t.nobody}</p>
          ) : (
            <ul className="sharing-list">
              {found.map((each) => (
                <li key={each.id} className="row spread">
                  <span className="sharing-name">{each.email}</span>
                  <span className="row">
                    <RoleChoice
                      aria-label={t.roleOf(each.email)}
                      role={each.role}
                      onChange={(changed) => share.mutate({ email: each.email, role: changed })}
                    />
                    <Button
                      small
                      icon
                      kind="quiet"
                      aria-label={t.withdraw(each.email)}
                      onClick={() => withdraw.mutate(each.id)}
                    >
                      <Trash2 size={16} aria-hidden />
                    </Button>
                  </span>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      <SameByApi
        calls={[
          { method: 'GET', path: `/api/v1/sessions/${sessionId}/shares` },
          { method: 'POST', path: `/api/v1/sessions/${sessionId}/shares`, body: { email, role } },
        ]}
      />
    </Dialog>
  )
}

interface ChoiceProps {
  id?: string
  'aria-label'?: string
  'aria-describedby'?: string | undefined
  role: Role
  onChange: (role: Role) => void
}

function RoleChoice({ role, onChange, ...control }: ChoiceProps) {
  const t = useTexts().sharing
  return (
    <select {...control} value={role} onChange={(event) => onChange(event.target.value as Role)}>
      <option value="reader">{t.roles.reader}</option>
      <option value="editor">{t.roles.editor}</option>
    </select>
  )
}

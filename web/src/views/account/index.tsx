/** Who is signed in, the plan, what is used of it, and the way out. */
import { LogOut, ShieldCheck } from 'lucide-react'
import type { Me } from '@/api/schema'
import { useAccount } from '@/app/account'
import { useSignOut } from '@/app/useSignOut'
import { useFormat, useTexts } from '@/i18n'
import { Button } from '@/ui/Button'
import { Card } from '@/ui/Card'
import { SameByApi } from '@/ui/SameByApi'
import { Loaded } from '@/ui/states'
import './account.css'

export function Component() {
  const t = useTexts().account
  const account = useAccount()
  return (
    <div className="stack account">
      <div className="page-head">
        <h1>{t.title}</h1>
        <SameByApi calls={[{ method: 'GET', path: '/api/auth/me' }]} />
      </div>
      <Loaded query={account} height={220}>
        {(me) => (
          <>
            <Person me={me} />
            <Plan me={me} />
          </>
        )}
      </Loaded>
    </div>
  )
}

function Person({ me }: { me: Me }) {
  const t = useTexts().account
  const signOut = useSignOut()
  return (
    <Card>
      <div className="row spread">
        <div>
          <span className="muted">{t.signedInAs}</span>
          <p className="account-email">{me.user.email}</p>
          {me.admin ? (
            <p className="account-admin">
              <span className="chip accent">
                <ShieldCheck size={14} aria-hidden /> {t.admin}
              </span>{' '}
              <span className="muted">{t.adminHint}</span>
            </p>
          ) : null}
        </div>
        <div className="account-out">
          <Button onClick={() => void signOut()}>
            <LogOut size={16} aria-hidden /> {t.signOut}
          </Button>
          <small className="muted">{t.signOutHint}</small>
        </div>
      </div>
    </Card>
  )
}

function Plan({ me }: { me: Me }) {
  const t = useTexts().account
  const format = useFormat()
  if (me.plan === null || me.usage === null)
    return (
      <div className="note warn">
        <h3>{t.noPlan}</h3>
        <p>{t.noPlanHint}</p>
      </div>
    )
  const { training, processing, resets_at: resets } = me.usage
  return (
    <Card title={`${t.plan}: ${t.plans[me.plan] ?? me.plan}`} actions={<span className="muted">{t.usage}</span>}>
      <div className="account-usage">
        <Meter kind="training" counted={training} />
        <Meter kind="processing" counted={processing} />
      </div>
      <p className="muted">{t.resets(format.date(resets))}</p>
    </Card>
  )
}

function Meter({ kind, counted: { used, limit } }: { kind: string; counted: { used: number; limit: number | null } }) {
  const t = useTexts().account
  const format = useFormat()
  const name = t.kinds[kind] ?? kind
  const words = limit === null ? t.unlimited(format.whole(used)) : t.used(format.whole(used), format.whole(limit))
  const full = limit !== null && used >= limit
  return (
    <div>
      <div className="row spread">
        <h3>{name}</h3>
        <span>{words}</span>
      </div>
      {limit === null ? null : (
        <div
          className="progress"
          role="meter"
          aria-label={name}
          aria-valuemin={0}
          aria-valuemax={limit}
          aria-valuenow={used}
        >
          <div
            className={full ? 'full' : undefined}
            style={{ width: `${Math.min(100, (100 * used) / Math.max(1, limit))}%` }}
          />
        </div>
      )}
      {full ? <p className="account-full">{t.usedUp}</p> : null}
    </div>
  )
}

/** Who is signed in, the plan, what is used of it, and the way out. */
import { LogOut, ShieldCheck } from 'lucide-react'
import type { Me } from '@/api/schema'
import { useAccount } from '@/app/account'
import { useSignOut } from '@/app/useSignOut'
import { useTexts } from '@/i18n'
import { Button } from '@/ui/Button'
import { Card } from '@/ui/Card'
import { SameByApi } from '@/ui/SameByApi'
import { Loaded } from '@/ui/states'
import { Plan } from './Plan'
import { SignIns } from './SignIns'
import './account.css'

export function Component() {
  const t = useTexts().account
  const account = useAccount()
  return (
    <div className="stack account">
      <div className="page-head">
        <h1>{t.title}</h1>
        <SameByApi
          calls={[
            { method: 'GET', path: '/api/auth/me' },
            { method: 'GET', path: '/api/v1/usage' },
            { method: 'GET', path: '/api/auth/sign-ins' },
          ]}
        />
      </div>
      <Loaded query={account} height={220}>
        {(me) => (
          <>
            <Person me={me} />
            {me.plan === null ? <NoPlan /> : <Plan />}
            <SignIns />
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

function NoPlan() {
  const t = useTexts().account
  return (
    <div className="note warn">
      <h3>{t.noPlan}</h3>
      <p>{t.noPlanHint}</p>
    </div>
  )
}

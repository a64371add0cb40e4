/** Where the account is in use, and how to end that. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { MonitorSmartphone } from 'lucide-react'
import { api, ApiError, call } from '@/api/client'
import { useSignOut } from '@/app/useSignOut'
import { useFormat, useTexts } from '@/i18n'
import { Button } from '@/ui/Button'
import { Card } from '@/ui/Card'
import { Loaded, Refused } from '@/ui/states'
import { Password } from './Password'

const KEY = ['sign-ins']

/** Nothing where another service keeps the accounts: it has pages of its own for this. */
export function SignIns() {
  const signIns = useQuery({ queryKey: KEY, queryFn: () => call(api.GET('/api/auth/sign-ins')), retry: false })
  if (signIns.error instanceof ApiError && signIns.error.code === 'ACCOUNTS_KEPT_ELSEWHERE') return null
  return (
    <>
      <Loaded query={signIns} height={160}>
        {(found) => <List found={found.sign_ins} />}
      </Loaded>
      <Password />
    </>
  )
}

interface SignIn {
  id: string
  last_used_at: string
  address: string | null
  user_agent: string
  current: boolean
}

function List({ found }: { found: SignIn[] }) {
  const t = useTexts().account
  const format = useFormat()
  const queries = useQueryClient()
  const signOut = useSignOut()
  const end = useMutation({
    mutationFn: (id: string) => call(api.DELETE('/api/auth/sign-ins/{sign_in}', { params: { path: { sign_in: id } } })),
    onSettled: () => queries.invalidateQueries({ queryKey: KEY }),
  })
  const everywhere = useMutation({ mutationFn: () => call(api.DELETE('/api/auth/sign-ins')), onSuccess: signOut })
  const failed = end.error ?? everywhere.error
  return (
    <Card title={t.signIns}>
      <ul className="account-list">
        {found.map((each) => (
          <li key={each.id} className="row spread">
            <span className="row">
              <MonitorSmartphone size={18} aria-hidden />
              <span>
                <span className="account-agent">{each.user_agent === '' ? t.unknownDevice : each.user_agent}</span>
                <small className="muted">{t.lastUsed(format.time(each.last_used_at), each.address)}</small>
              </span>
            </span>
            {each.current ? (
              <span className="chip accent">{t.thisOne}</span>
            ) : (
              <Button onClick={() => end.mutate(each.id)} disabled={end.isPending}>
                {t.endIt}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {failed ? <Refused error={failed} /> : null}
      <Button onClick={() => everywhere.mutate()} disabled={everywhere.isPending}>
        {t.signOutEverywhere}
      </Button>
    </Card>
  )
}

/** Sign in, or make an account. */
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState, type SubmitEvent } from 'react'
import { Navigate, useSearchParams } from 'react-router'
import { api, ApiError, call } from '@/api/client'
import { keep } from '@/api/tokens'
import { useSignedIn } from '@/app/account'
import { useTexts } from '@/i18n'
import { Button } from '@/ui/Button'
import { Field } from '@/ui/Field'
import { useProblemOf } from '@/ui/refusalWords'
import { Refused } from '@/ui/states'
import './signin.css'

export function Component() {
  const { signin: t, account } = useTexts()
  const [parameters, setParameters] = useSearchParams()
  const options = useQuery({ queryKey: ['sign-in-options'], queryFn: () => call(api.GET('/api/auth/options')) })
  const isClosed = options.data?.sign_up === false
  const isNew = parameters.get('new') !== null && !isClosed
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const enter = useMutation({
    mutationFn: () => call(api.POST(isNew ? '/api/auth/sign-up' : '/api/auth/sign-in', { body: { email, password } })),
    onSuccess: keep,
  })
  const problem = useProblemOf(enter.error)
  if (useSignedIn()) return <Navigate to={ownAddress(parameters.get('to'))} replace />
  const refusal = enter.error instanceof ApiError ? enter.error : null
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    enter.mutate()
  }
  const turn = () => {
    enter.reset()
    setParameters((before) => {
      if (isNew) before.delete('new')
      else before.set('new', '')
      return before
    })
  }
  return (
    <div className="signin">
      <div className="signin-words">
        <h1>{t.claim}</h1>
        <p className="muted">{t.claimText}</p>
      </div>
      <form className="card stack" onSubmit={submit} noValidate>
        <h2>{isNew ? t.signUp : t.signIn}</h2>
        {parameters.has('to') ? <p className="muted">{account.goOn}</p> : null}
        <Field label={t.email} problem={problem('email')}>
          {(control) => (
            <input
              {...control}
              type="email"
              autoComplete="username"
              required
              value={email}
              onChange={(event) => setEmail(event.target.value)}
            />
          )}
        </Field>
        <Field label={t.password} hint={isNew ? t.passwordHint : undefined} problem={problem('password')}>
          {(control) => (
            <input
              {...control}
              type="password"
              autoComplete={isNew ? 'new-password' : 'current-password'}
              required
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          )}
        </Field>
        {enter.isError && !(refusal?.field === 'email' || refusal?.field === 'password') ? (
          <Refused error={enter.error} />
        ) : null}
        <Button kind="primary" type="submit" disabled={enter.isPending}>
          {isNew ? t.signUp : t.signIn}
        </Button>
        {isClosed ? (
          <p className="muted">{t.closed}</p>
        ) : (
          <Button kind="quiet" onClick={turn}>
            {isNew ? t.haveAccount : t.noAccount}
          </Button>
        )}
      </form>
    </div>
  )
}

/** Back to where one was, never to another host. */
function ownAddress(to: string | null): string {
  return to?.startsWith('/') && !to.startsWith('//') ? to : '/sessions'
}

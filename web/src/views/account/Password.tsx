/** A new password in place of the old one; every other sign-in ends with it. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState, type SubmitEvent } from 'react'
import { api, call } from '@/api/client'
import { useTexts } from '@/i18n'
import { Button } from '@/ui/Button'
import { Card } from '@/ui/Card'
import { Field } from '@/ui/Field'
import { useProblemOf } from '@/ui/refusalWords'
import { Refused } from '@/ui/states'
import { useToast } from '@/ui/Toasts'

const EMPTY = { current: '', next: '' }

export function Password() {
  const { account: t, signin } = useTexts()
  const toast = useToast()
  const queries = useQueryClient()
  const [given, setGiven] = useState(EMPTY)
  const change = useMutation({
    mutationFn: () =>
      call(api.POST('/api/auth/password', { body: { current_password: given.current, new_password: given.next } })),
    onSuccess: () => {
      setGiven(EMPTY)
      toast({ text: t.passwordChanged })
      return queries.invalidateQueries({ queryKey: ['sign-ins'] })
    },
  })
  const problemOf = useProblemOf(change.error)
  const [ofCurrent, ofNext] = [problemOf('current_password'), problemOf('new_password')]
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    change.mutate()
  }
  return (
    <Card title={t.password}>
      <form className="stack account-password" onSubmit={submit} noValidate>
        <Field label={t.currentPassword} problem={ofCurrent}>
          {(control) => (
            <input
              {...control}
              type="password"
              autoComplete="current-password"
              value={given.current}
              onChange={(event) => setGiven({ ...given, current: event.target.value })}
            />
          )}
        </Field>
        <Field label={t.newPassword} hint={signin.passwordHint} problem={ofNext}>
          {(control) => (
            <input
              {...control}
              type="password"
              autoComplete="new-password"
              value={given.next}
              onChange={(event) => setGiven({ ...given, next: event.target.value })}
            />
          )}
        </Field>
        {change.isError && ofCurrent === null && ofNext === null ? <Refused error={change.error} /> : null}
        <div>
          <Button type="submit" disabled={change.isPending || given.current === '' || given.next === ''}>
            {t.changePassword}
          </Button>
        </div>
      </form>
    </Card>
  )
}

/** What is shown when a view throws: in words, with a way on. */
import { isRouteErrorResponse, useRouteError } from 'react-router'
import { useTexts } from '@/i18n'
import { Button, ButtonLink } from '@/ui/Button'

export function Broken() {
  const t = useTexts().frame
  const error = useRouteError()
  const missing = isRouteErrorResponse(error) && error.status === 404
  return (
    <div className="note bad stack" role="alert">
      <div>
        <h2>{missing ? t.notFound : t.broken}</h2>
        <p>{missing ? t.notFoundHint : t.brokenHint}</p>
        {error instanceof Error ? <code>{error.message}</code> : null}
      </div>
      <div className="row">
        {missing ? null : <Button onClick={() => window.location.reload()}>{t.reload}</Button>}
        <ButtonLink to="/sessions">{t.toSessions}</ButtonLink>
      </div>
    </div>
  )
}

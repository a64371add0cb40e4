/** What a view shows while it waits, when there is nothing yet, and when the server says no. */
import { useQueryErrorResetBoundary, type UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { ApiError } from '@/api/client'
import { useTexts } from '@/i18n'
import { Button, ButtonLink } from './Button'
import { useRefusalWords } from './refusalWords'

export function Loading({ height = 160 }: { height?: number }) {
  const t = useTexts().frame
  return (
    <div role="status" aria-label={t.loading}>
      <div className="skeleton" style={{ height }} />
    </div>
  )
}

interface EmptyProps {
  picture?: ReactNode
  title: string
  children?: ReactNode
  action?: ReactNode
}

/** Nothing here yet: says what would be here and offers the way to it. */
export function Empty({ picture, title, children, action }: EmptyProps) {
  return (
    <div className="empty">
      {picture}
      <h2>{title}</h2>
      {children ? <p>{children}</p> : null}
      {action}
    </div>
  )
}

interface RefusedProps {
  error: unknown
  onRetry?: (() => void) | undefined
  /** The way out of this refusal, where the view knows a better one than trying again. */
  action?: ReactNode
}

/** What the server refused, in its words, with its suggestion and the way out. */
export function Refused({ error, onRetry, action }: RefusedProps) {
  const t = useTexts().frame
  const { reset } = useQueryErrorResetBoundary()
  const refusal = error instanceof ApiError ? error : null
  const { message, suggestion } = useRefusalWords()(error)
  const gone = refusal?.status === 404
  const title =
    refusal?.status === 0
      ? t.unreachable
      : gone
        ? t.notFound
        : refusal?.status === 403
          ? t.notAllowed
          : refusal === null
            ? t.broken
            : message
  const text =
    refusal?.status === 0 ? t.unreachableHint : gone ? t.notFoundHint : refusal?.status === 403 ? message : null
  return (
    <div className="note bad stack" role="alert">
      <div>
        <h3>{title}</h3>
        {text ? <p>{text}</p> : null}
        {suggestion && !gone ? <p>{suggestion}</p> : null}
        {refusal === null ? <p>{message}</p> : null}
      </div>
      {action || (onRetry && !gone) || gone ? (
        <div className="row">
          {action}
          {onRetry && !gone ? (
            <Button
              small
              onClick={() => {
                reset()
                onRetry()
              }}
            >
              {t.retry}
            </Button>
          ) : null}
          {gone ? (
            <ButtonLink small to="/sessions">
              {t.toSessions}
            </ButtonLink>
          ) : null}
        </div>
      ) : null}
    </div>
  )
}

interface LoadedProps<T> {
  query: UseQueryResult<T>
  height?: number
  action?: ReactNode
  children: (data: T) => ReactNode
}

/** The three states of something asked for: waiting, refused, there. What is there stays while it is asked for again. */
export function Loaded<T>({ query, height, action, children }: LoadedProps<T>) {
  if (query.data !== undefined) return <>{children(query.data)}</>
  if (query.isError) return <Refused error={query.error} onRetry={() => void query.refetch()} action={action} />
  return <Loading height={height} />
}

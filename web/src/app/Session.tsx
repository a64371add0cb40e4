/** A session's own frame: its name and the line of stations from the first file to the forecast. */
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { NavLink, Outlet, useLocation, useParams } from 'react-router'
import { api, call } from '@/api/client'
import { useTexts } from '@/i18n'
import { Loaded } from '@/ui/states'
import { SessionAccess } from '@/views/sharing'
import { AccessContext } from './access'
import { stations } from './stations'

export function Session() {
  const t = useTexts().frame
  const id = useSessionId()
  const line = useRef<HTMLUListElement>(null)
  const { pathname } = useLocation()
  const session = useQuery({
    queryKey: ['session', id],
    queryFn: () => call(api.GET('/api/training/session/{session_id}', { params: { path: { session_id: id } } })),
  })
  const access = useQuery({
    queryKey: ['session', id, 'access'],
    queryFn: () => call(api.GET('/api/v1/sessions/{session_id}', { params: { path: { session_id: id } } })),
    select: ({ session: { access: role, owner } }) => ({ role, owner }),
  })
  useEffect(() => {
    const list = line.current
    if (list === null) return
    // Also when a phone is turned; only the line itself scrolls, never the page.
    const observer = new ResizeObserver(() => centre(list))
    observer.observe(list)
    return () => observer.disconnect()
  }, [pathname, session.isSuccess, access.isSuccess])
  return (
    <Loaded query={session}>
      {(answer) => (
        <Loaded query={access}>
          {(known) => (
            <AccessContext value={known}>
              <div className="page-head">
                <h1>{sessionName(answer) ?? id.slice(0, 8)}</h1>
                <SessionAccess sessionId={id} />
              </div>
              <nav aria-label={t.stations}>
                <ul className="stations" ref={line}>
                  {stations.map((name) => (
                    <li key={name}>
                      <NavLink to={`/sessions/${id}/${name}`}>{t.station[name]}</NavLink>
                    </li>
                  ))}
                </ul>
              </nav>
              <Outlet />
            </AccessContext>
          )}
        </Loaded>
      )}
    </Loaded>
  )
}

/** The id of the session that the address names. */
export function useSessionId(): string {
  const { sessionId } = useParams()
  if (sessionId === undefined) throw new Error('this view is only shown below /sessions/:sessionId')
  return sessionId
}

function centre(list: HTMLElement) {
  const active = list.querySelector('.active')?.getBoundingClientRect()
  if (active === undefined) return
  const whole = list.getBoundingClientRect()
  list.scrollLeft += active.left + active.width / 2 - (whole.left + whole.width / 2)
}

function sessionName(answer: object): string | null {
  const session = (answer as { session?: { sessionName?: unknown } }).session
  return typeof session?.sessionName === 'string' && session.sessionName !== '' ? session.sessionName : null
}

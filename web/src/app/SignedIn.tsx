/** Views that need an account: whoever has none is led to the sign-in, and from there back. */
import { Navigate, Outlet, useLocation } from 'react-router'
import { useSignedIn } from './account'

export function SignedIn() {
  const { pathname, search } = useLocation()
  if (useSignedIn()) return <Outlet />
  const to = pathname === '/' || pathname === '/sessions' ? '' : `?to=${encodeURIComponent(pathname + search)}`
  return <Navigate to={`/sign-in${to}`} replace />
}

/** Ends the sign-in, here and on the server, and leaves nothing of it in this browser. */
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from 'react-router'
import { api, call } from '@/api/client'
import { keep, stored } from '@/api/tokens'

export function useSignOut(): () => Promise<void> {
  const navigate = useNavigate()
  const client = useQueryClient()
  return async () => {
    const tokens = stored()
    if (tokens)
      await call(api.POST('/api/auth/sign-out', { body: { refresh_token: tokens.refresh_token } })).catch(() => null) // gone here in any case
    await navigate('/sign-in') // first, or the view would ask to be led back to
    keep(null)
    client.clear()
  }
}

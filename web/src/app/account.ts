/** Who is signed in, as the server knows them. */
import { queryOptions, useQuery } from '@tanstack/react-query'
import { useSyncExternalStore } from 'react'
import { api, call } from '@/api/client'
import { onChange, stored } from '@/api/tokens'

export const accountQuery = queryOptions({
  queryKey: ['account'],
  queryFn: () => call(api.GET('/api/auth/me')),
  staleTime: 15_000,
})

export function useSignedIn(): boolean {
  return useSyncExternalStore(onChange, () => stored() !== null)
}

export function useAccount() {
  const signedIn = useSignedIn()
  return useQuery({ ...accountQuery, enabled: signedIn })
}

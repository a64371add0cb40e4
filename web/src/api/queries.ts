/** The cache of what the server said; a refusal is final, a server that cannot be reached is asked again. */
import { QueryClient } from '@tanstack/react-query'
import { ApiError } from './client'

export function newQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 2_000,
        retry: (count, error) => error instanceof ApiError && (error.status === 0 || error.status === 503) && count < 5,
        retryDelay: (count) => Math.min(500 * 2 ** count, 5_000),
      },
    },
  })
}

/** Asks the server whether a config would do, a moment after it was last changed. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { api, ApiError, call } from '@/api/client'
import type { Values } from './schema'

const PAUSE_MS = 350

export interface Check {
  /** Of what is shown now: not of something that was changed since. */
  state: 'valid' | 'refused' | 'checking'
  problems: ReadonlyMap<string, string>
  /** What is wrong with no field in particular, in the server's words. */
  refusal: ApiError | null
}

const NONE: ReadonlyMap<string, string> = new Map()

export function useCheck(workload: string, config: Values, sessionId: string | null): Check {
  const settled = useSettled(JSON.stringify(config))
  const query = useQuery({
    queryKey: ['validate', workload, sessionId, settled],
    queryFn: async () => {
      try {
        await call(
          api.POST('/api/v1/workloads/{workload}/validate', {
            params: { path: { workload } },
            body: {
              config: JSON.parse(settled) as Values,
              ...(sessionId === null ? {} : { session_id: sessionId }),
            },
          }),
        )
        return null
      } catch (error) {
        if (error instanceof ApiError && error.status > 0 && error.status < 500) return error
        throw error
      }
    },
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  })
  const isOld = settled !== JSON.stringify(config) || query.isPlaceholderData || query.data === undefined
  const refusal = query.data ?? null
  const problems = refusal === null ? NONE : problemsOf(refusal)
  return {
    state: isOld ? 'checking' : refusal === null ? 'valid' : 'refused',
    problems,
    refusal,
  }
}

/** By field, as the form names them. */
export function problemsOf(error: ApiError): ReadonlyMap<string, string> {
  const listed = Array.isArray(error.details.errors) ? (error.details.errors as unknown[]) : []
  const found = new Map<string, string>()
  for (const each of listed) {
    const { field, message } = (each ?? {}) as { field?: unknown; message?: unknown }
    if (typeof field === 'string' && typeof message === 'string') found.set(field.replace(/^config\./, ''), message)
  }
  return found
}

function useSettled(text: string): string {
  const [settled, setSettled] = useState(text)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [text])
  return settled
}

/** What the results ask the server for. */
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { api, call } from '@/api/client'
import type { Metric } from './choice'

/** Windows are fetched so many at a time, so that a slider moves without waiting. */
export const BLOCK = 8
const FINISHED = { staleTime: Infinity } // what a completed training left never changes

export function boardQuery(session: string, metric: Metric, output: string | null) {
  return queryOptions({
    queryKey: ['session', session, 'leaderboard', metric, output],
    queryFn: () =>
      call(
        api.GET('/api/v1/sessions/{session_id}/leaderboard', {
          params: {
            path: { session_id: session },
            query: { metric, horizon: true, ...(output === null ? {} : { output }) },
          },
        }),
      ),
    placeholderData: keepPreviousData,
  })
}

/** `origin`: the number of the first window, or an instant. */
export function windowsQuery(job: string, output: string, origin: string) {
  const count = /^\d{1,9}$/.test(origin) ? BLOCK : 1
  return queryOptions({
    queryKey: ['job', job, 'forecasts', output, origin],
    queryFn: () =>
      call(
        api.GET('/api/v1/training/jobs/{job_id}/forecasts', {
          params: { path: { job_id: job }, query: { output, origin, count } },
        }),
      ),
    ...FINISHED,
  })
}

export function evaluationQuery(job: string) {
  return queryOptions({
    queryKey: ['job', job, 'evaluation'],
    queryFn: () => call(api.GET('/api/v1/training/jobs/{job_id}/evaluation', { params: { path: { job_id: job } } })),
    ...FINISHED,
  })
}

export function residualsQuery(job: string, output: string, step: number | null) {
  return queryOptions({
    queryKey: ['job', job, 'residuals', output, step],
    queryFn: () =>
      call(
        api.GET('/api/v1/training/jobs/{job_id}/residuals', {
          params: { path: { job_id: job }, query: { output, ...(step === null ? {} : { step }) } },
        }),
      ),
    placeholderData: keepPreviousData,
    ...FINISHED,
  })
}

export function tablesQuery(job: string) {
  return queryOptions({
    queryKey: ['job', job, 'tables'],
    queryFn: () => call(api.GET('/api/v1/training/jobs/{job_id}/tables', { params: { path: { job_id: job } } })),
  })
}

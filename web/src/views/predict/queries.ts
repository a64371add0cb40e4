/** What the view asks: finished trainings, the window of one filled from the files, and the forecast. */
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, ApiError, call } from '@/api/client'
import type { PredictionRequest } from '@/api/schema'

/** The best first; ranks are told where the same samples judged all of them. */
export function useTrainings(id: string) {
  return useQuery({
    queryKey: ['session', id, 'leaderboard'],
    queryFn: () => call(api.GET('/api/v1/sessions/{session_id}/leaderboard', { params: { path: { session_id: id } } })),
    select: ({ groups }): Training[] =>
      groups.flatMap(({ rows }) =>
        rows.flatMap(({ job_id, name, mode, completed_at, rank }) =>
          job_id === null ? [] : [{ id: job_id, name, mode, completed_at, rank: groups.length === 1 ? rank : null }],
        ),
      ),
  })
}

export interface Training {
  id: string
  name: string
  mode: string | null
  completed_at: string | null
  rank: number | null
}

export function useInputs(id: string, body: PredictionRequest) {
  return useQuery({
    queryKey: ['session', id, 'predict', body],
    queryFn: () =>
      call(api.POST('/api/v1/sessions/{session_id}/predict/inputs', { params: { path: { session_id: id } }, body })),
    placeholderData: keepPreviousData,
    staleTime: 0,
  })
}

/** The forecast; a worker that is busy is waited for. */
export function useForecast(id: string) {
  const cache = useQueryClient()
  return useMutation({
    mutationFn: async (body: PredictionRequest) => {
      const path = { session_id: id }
      const answer = await call(api.POST('/api/v1/sessions/{session_id}/predict', { params: { path }, body }))
      if ('outputs' in answer) return answer
      throw new ApiError(503, 'STILL_WORKING', answer.message)
    },
    onSuccess: () => cache.invalidateQueries({ queryKey: ['jobs'] }),
  })
}

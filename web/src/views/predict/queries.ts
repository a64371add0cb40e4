/** What the view asks: finished trainings, the window of one filled from the files, and the forecast. */
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, ApiError, call } from '@/api/client'
import type { Leaderboard, ModelVersion, PredictionRequest } from '@/api/schema'
import { modelQuery } from '@/views/models/queries'

/** The best first, as the leaderboard has them; each with its version of the session's model. */
export function useTrainings(id: string) {
  const cache = useQueryClient()
  return useQuery({
    queryKey: ['session', id, 'predict', 'trainings'],
    queryFn: async () => {
      const [board, model] = await Promise.all([
        call(api.GET('/api/v1/sessions/{session_id}/leaderboard', { params: { path: { session_id: id } } })),
        cache.query(modelQuery(id)),
      ])
      return trainings(board.groups, model?.versions ?? [])
    },
  })
}

function trainings(groups: Leaderboard['groups'], versions: ModelVersion[]): Training[] {
  return groups.flatMap(({ rows }) =>
    rows.flatMap(({ job_id, name, mode, completed_at, rank }) => {
      if (job_id === null) return []
      const version = versions.find((each) => each.job_id === job_id)
      return [
        {
          ...{ id: job_id, name, mode, completed_at },
          rank: groups.length === 1 ? rank : null,
          version: version?.version ?? null,
          champion: version?.champion ?? false,
        },
      ]
    }),
  )
}

export interface Training {
  id: string
  name: string
  mode: string | null
  completed_at: string | null
  /** Told where the same samples judged all of them. */
  rank: number | null
  version: number | null
  champion: boolean
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

/** What the view asks: distributions of the samples, the pictures that the server drew, and building the datasets. */
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, ApiError, call } from '@/api/client'
import type { Distributions } from '@/api/schema'

export type By = Distributions['by']

export interface Shares {
  train: number
  validation: number
  test: number
}

export function address(id: string, by: By, shares: Shares): string {
  const query = new URLSearchParams({ by, ...(by === 'split' ? texts(shares) : {}) })
  return `/api/v1/sessions/${id}/distributions?${query.toString()}`
}

export function useDistributions(id: string, by: By, shares: Shares) {
  return useQuery({
    queryKey: ['session', id, 'distributions', by, by === 'split' ? shares : null],
    queryFn: () =>
      call(
        api.GET('/api/v1/sessions/{session_id}/distributions', {
          params: { path: { session_id: id }, query: { by, ...(by === 'split' ? shares : {}) } },
        }),
      ),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  })
}

/** The server's own pictures; none before the datasets were built. */
export function usePictures(id: string) {
  return useQuery({
    queryKey: ['session', id, 'visualizations'],
    queryFn: async () => {
      try {
        const path = { session_id: id }
        const found = await call(api.GET('/api/training/visualizations/{session_id}', { params: { path } }))
        return { plots: found.plots, samples: found.n_dat }
      } catch (error) {
        if (error instanceof ApiError && error.code === 'VISUALIZATION_NOT_FOUND') return { plots: {}, samples: null }
        throw error
      }
    },
    staleTime: 30_000,
  })
}

export function useBuild(id: string) {
  const cache = useQueryClient()
  return useMutation({
    mutationFn: (shares: Shares) =>
      call(
        api.POST('/api/training/generate-datasets/{session_id}', {
          params: { path: { session_id: id } },
          body: { training_split: split(shares), arithmetic: 'honest', max_gap_minutes: null, model_parameters: null },
        }),
      ),
    onSettled: () => cache.invalidateQueries({ queryKey: ['session', id] }),
  })
}

export function split({ train, validation, test }: Shares) {
  return {
    trainPercentage: train,
    validationPercentage: validation,
    testPercentage: test,
    shuffle: false,
    random_dat: null,
    seed: 0,
  }
}

function texts(shares: Shares): Record<string, string> {
  return Object.fromEntries(Object.entries(shares).map(([name, value]) => [name, String(value)]))
}

/** What is known of one file: its line at any zoom, its findings and recipe, its heat map and figures. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, call } from '@/api/client'
import type { RecipeStep, SeriesFile, SeriesLine } from '@/api/schema'
import { useTellError } from '@/ui/refusalWords'
import type { Range, Stretch } from './viewport'

export interface Drawn extends Stretch {
  line: SeriesLine
}

/** A change of the recipe is another series. */
function version(file: SeriesFile, recipe: boolean): string {
  return recipe ? JSON.stringify(file.recipe) : 'raw'
}

export function useLine(file: SeriesFile, range: Range | null, points: number, recipe: boolean, enabled: boolean) {
  return useQuery({
    queryKey: ['series', file.id, version(file, recipe), range, points],
    queryFn: async ({ signal }): Promise<Drawn> => {
      const line = await call(
        api.GET('/api/v1/files/{file_id}/series', {
          params: {
            path: { file_id: file.id },
            query: { points, recipe, ...(range ? { from: String(range[0]), to: String(range[1]) } : {}) },
          },
          signal,
        }),
      )
      const [from, to] = range ?? [line.first_ms, line.last_ms]
      return { line, from, to, bucket: line.bucket_ms }
    },
    enabled,
    staleTime: Infinity,
    gcTime: 60_000,
    placeholderData: (before) => (before && enabled ? before : undefined),
  })
}

export function useCare(file: SeriesFile) {
  return useQuery({
    queryKey: ['session', file.session_id, 'care', file.id],
    queryFn: () => call(api.GET('/api/training/csv-files/{file_id}/care', { params: { path: { file_id: file.id } } })),
  })
}

export function useHeat(file: SeriesFile, recipe: boolean) {
  return useQuery({
    queryKey: ['session', file.session_id, 'heat', file.id, version(file, recipe)],
    queryFn: () =>
      call(api.GET('/api/v1/files/{file_id}/heatmap', { params: { path: { file_id: file.id }, query: { recipe } } })),
    placeholderData: (before) => before,
  })
}

export function useSummary(file: SeriesFile, recipe: boolean) {
  return useQuery({
    queryKey: ['session', file.session_id, 'summary', file.id, version(file, recipe)],
    queryFn: () =>
      call(api.GET('/api/v1/files/{file_id}/summary', { params: { path: { file_id: file.id }, query: { recipe } } })),
    placeholderData: (before) => before,
  })
}

/** Replaces the recipe; the page takes over what the server has stored, for the mended line comes from there. */
export function useRecipe(file: SeriesFile) {
  const client = useQueryClient()
  const key = ['session', file.session_id, 'files']
  return useMutation({
    mutationFn: (recipe: RecipeStep[]) =>
      call(
        api.PUT('/api/training/csv-files/{file_id}/recipe', {
          params: { path: { file_id: file.id } },
          body: { recipe },
        }),
      ),
    onSuccess: ({ data: stored }) =>
      client.setQueryData<{ success: true; data: SeriesFile[] }>(key, (known) =>
        known ? { ...known, data: known.data.map((each) => (each.id === stored.id ? stored : each)) } : known,
      ),
    onError: useTellError(),
    onSettled: () => void client.invalidateQueries({ queryKey: key }),
  })
}

/** Two steps are one if they do the same to the same stretch. */
export function sameStep(one: RecipeStep, other: RecipeStep): boolean {
  return one.action === other.action && one.from === other.from && one.to === other.to
}

/** The beginning of a file as the server reads it, asked again with every change of an option. */
import { useQuery } from '@tanstack/react-query'
import { send } from '@/api/client'
import type { Preview } from '@/api/schema'
import type { Plan } from '@/uploads/plan'

export const BEGINNING = 1024 * 1024
export type Options = Plan['importOptions']

export function usePreview(id: string, file: File, options: Options, sessionId: string) {
  return useQuery({
    queryKey: ['preview', id, options],
    queryFn: async () => {
      const form = new FormData()
      form.set('chunk', file.slice(0, BEGINNING), file.name)
      form.set('options', JSON.stringify(options))
      form.set('complete', String(file.size <= BEGINNING))
      form.set('session_id', sessionId)
      form.set('file_size', String(file.size))
      const response = await send('/api/v1/preview', { method: 'POST', body: form })
      return (await response.json()) as Preview
    },
    staleTime: Infinity,
    placeholderData: (before) => before,
  })
}

/** The options with this field left to the server again. */
export function without(options: Options, field: string): Options {
  return Object.fromEntries(Object.entries(options).filter(([name]) => name !== field))
}

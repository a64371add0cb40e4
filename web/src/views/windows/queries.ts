/** What the view asks the server: saved settings, the preview of unsaved ones, the series behind the window, and saving. */
import { keepPreviousData, useMutation, useQueries, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { api, call } from '@/api/client'
import type { Window, WindowsPreviewBody } from '@/api/schema'
import { inTurn, type SavePart, type SaveStopped } from './saving'

const HOUR = 3_600_000
const CONTEXT_POINTS = 900

export function useSettings(id: string) {
  return useQuery({
    queryKey: ['session', id, 'windows'],
    queryFn: () => call(api.GET('/api/v1/sessions/{session_id}/windows', { params: { path: { session_id: id } } })),
  })
}

/** Asked again with every change; what was there stays until the new answer comes. */
export function usePreview(id: string, body: WindowsPreviewBody, enabled: boolean) {
  const text = useSettled(JSON.stringify(body))
  return useQuery({
    queryKey: ['session', id, 'windows', 'preview', text],
    queryFn: () =>
      call(
        api.POST('/api/v1/sessions/{session_id}/windows/preview', {
          params: { path: { session_id: id } },
          body: JSON.parse(text) as WindowsPreviewBody,
        }),
      ),
    placeholderData: keepPreviousData,
    enabled,
  })
}

/** The rows of each file around the window, thinned out by the server. */
export function useContext(window: Window | null, hours: { start: number; end: number }) {
  const zero = window ? Date.parse(window.reference_time) : 0
  const files = [...new Set((window?.features ?? []).map((feature) => feature.file_id))]
  const from = String(Math.round(zero + hours.start * HOUR))
  const to = String(Math.round(zero + hours.end * HOUR))
  return useQueries({
    queries: files.map((file) => ({
      queryKey: ['file', file, 'series', from, to],
      queryFn: () =>
        call(
          api.GET('/api/v1/files/{file_id}/series', {
            params: { path: { file_id: file }, query: { from, to, points: CONTEXT_POINTS, recipe: true } },
          }),
        ),
      placeholderData: keepPreviousData,
      staleTime: 60_000,
    })),
    combine: (answers) => Object.fromEntries(files.map((file, index) => [file, answers[index]?.data])),
  })
}

export function useSave(id: string) {
  const cache = useQueryClient()
  return useMutation<string[], SaveStopped, WindowsPreviewBody>({
    mutationFn: (body) => inTurn(partsOf(id, body)),
    // What was saved is then no change any more: saving again sends only the rest.
    onSettled: () => cache.invalidateQueries({ queryKey: ['session', id] }),
  })
}

function partsOf(id: string, { files, zeitschritte, timeInfo }: WindowsPreviewBody): SavePart[] {
  return [
    ...Object.entries(files ?? {}).map(([file, fields]) => ({
      what: file,
      send: () => call(api.PUT('/api/training/csv-files/{id}', { params: { path: { id: file } }, body: fields })),
    })),
    ...(zeitschritte
      ? [
          {
            what: 'zeitschritte',
            send: () => call(api.POST('/api/training/save-zeitschritte', { body: { sessionId: id, zeitschritte } })),
          },
        ]
      : []),
    ...(timeInfo
      ? [
          {
            what: 'timeInfo',
            send: () => call(api.POST('/api/training/save-time-info', { body: { sessionId: id, timeInfo } })),
          },
        ]
      : []),
  ]
}

/** The value after it has not changed for a moment. */
function useSettled<T>(value: T, milliseconds = 150): T {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), milliseconds)
    return () => clearTimeout(timer)
  }, [value, milliseconds])
  return settled
}

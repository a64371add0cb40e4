/** What the models ask the server for. */
import { queryOptions } from '@tanstack/react-query'
import { api, call } from '@/api/client'

/** The session's own model with all versions; null before the first training. */
export function modelQuery(session: string) {
  return queryOptions({
    queryKey: ['session', session, 'model'],
    queryFn: async () => {
      const { models } = await call(api.GET('/api/v1/models', { params: { query: { session_id: session } } }))
      const [own] = models
      if (own === undefined) return null
      return (await call(api.GET('/api/v1/models/{model}', { params: { path: { model: own.id } } }))).model
    },
  })
}

export function versionQuery(model: string, version: number) {
  return queryOptions({
    queryKey: ['model', model, 'version', version],
    queryFn: () =>
      call(
        api.GET('/api/v1/models/{model}/versions/{version}', {
          params: { path: { model, version: String(version) } },
        }),
      ),
  })
}

export function compareQuery(model: string, a: number, b: number) {
  return queryOptions({
    queryKey: ['model', model, 'compare', a, b],
    queryFn: () =>
      call(
        api.GET('/api/v1/models/{model}/compare', {
          params: { path: { model }, query: { a: String(a), b: String(b) } },
        }),
      ),
  })
}

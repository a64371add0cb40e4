/** The list of sessions page by page, and what can be done with one; the list changes at once, the server confirms. */
import {
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
  type InfiniteData,
  type QueryClient,
} from '@tanstack/react-query'
import { api, call } from '@/api/client'
import type { SessionPage, SessionSummary } from '@/api/schema'
import { useTexts } from '@/i18n'
import { useTellError } from '@/ui/refusalWords'
import { useToast } from '@/ui/Toasts'

export type Order = 'updated' | 'created' | 'name'

export interface Wanted {
  search: string
  tag: string
  order: Order
  deleted: boolean
}

const PAGE = 100
const LISTS = ['sessions', 'list'] as const
type Pages = InfiniteData<SessionPage, string | null>

export function useSessionPages(wanted: Wanted) {
  return useInfiniteQuery({
    queryKey: [...LISTS, wanted],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) =>
      call(
        api.GET('/api/v1/sessions', {
          params: {
            query: {
              order: wanted.order,
              limit: PAGE,
              deleted: wanted.deleted,
              ...(wanted.search ? { search: wanted.search } : {}),
              ...(wanted.tag ? { tag: wanted.tag } : {}),
              ...(pageParam ? { cursor: pageParam } : {}),
            },
          },
        }),
      ),
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: (before) => before,
  })
}

export function useTags() {
  return useQuery({ queryKey: ['sessions', 'tags'], queryFn: () => call(api.GET('/api/v1/sessions/tags')) })
}

export function useCreate(onCreated: (id: string) => void) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (name: string) => call(api.POST('/api/v1/sessions', { body: { name } })),
    onSuccess: ({ session }) => {
      void client.invalidateQueries({ queryKey: ['sessions'] })
      onCreated(session.id)
    },
  })
}

interface Change {
  session: SessionSummary
  name?: string | null
  tags?: string[]
}

/** Rename, tag, duplicate, delete with a way back, restore. */
export function useSessionActions(nameOf: (session: SessionSummary) => string) {
  const client = useQueryClient()
  const toast = useToast()
  const tell = useTellError()
  const t = useTexts().sessions
  const told = (error: Error) => {
    tell(error)
    void client.invalidateQueries({ queryKey: ['sessions'] })
  }
  const settled = () => void client.invalidateQueries({ queryKey: ['sessions'] })
  const path = (session: SessionSummary) => ({ params: { path: { session_id: session.id } } })

  const change = useMutation({
    mutationFn: ({ session, name, tags }: Change) =>
      call(
        api.PATCH('/api/v1/sessions/{session_id}', {
          ...path(session),
          body: { ...(name === undefined ? {} : { name }), ...(tags === undefined ? {} : { tags }) },
        }),
      ),
    onMutate: ({ session, name, tags }) => {
      replace(client, session.id, (row) => ({
        ...row,
        name: name === undefined ? row.name : name,
        tags: tags ?? row.tags,
      }))
    },
    onSuccess: ({ session }) => {
      replace(client, session.id, () => session)
      void client.invalidateQueries({ queryKey: ['sessions', 'tags'] })
      void client.invalidateQueries({ queryKey: ['session', session.id] })
    },
    // tags are typed in a dialog, which tells it beside its field
    onError: (error, { tags }) => (tags === undefined ? told(error) : settled()),
  })
  const restore = useMutation({
    mutationFn: (session: SessionSummary) => call(api.POST('/api/v1/sessions/{session_id}/restore', path(session))),
    onSuccess: ({ session }) => toast({ text: t.restored(nameOf(session)) }),
    onError: told,
    onSettled: settled,
  })
  const remove = useMutation({
    mutationFn: (session: SessionSummary) => call(api.DELETE('/api/v1/sessions/{session_id}', path(session))),
    onMutate: (session) => drop(client, session.id),
    onSuccess: ({ session }) =>
      toast({
        text: t.removed(nameOf(session)),
        action: { text: t.undo, run: () => restore.mutate(session) },
      }),
    onError: told,
    onSettled: settled,
  })
  const duplicate = useMutation({
    mutationFn: (session: SessionSummary) =>
      call(api.POST('/api/v1/sessions/{session_id}/duplicate', { ...path(session), body: {} })),
    onSuccess: ({ session }) => toast({ text: t.duplicated(nameOf(session)) }),
    onError: told,
    onSettled: settled,
  })
  return { change, remove, restore, duplicate }
}

function replace(client: QueryClient, id: string, by: (row: SessionSummary) => SessionSummary): void {
  edit(client, (rows) => rows.map((row) => (row.id === id ? by(row) : row)), 0)
}

function drop(client: QueryClient, id: string): void {
  edit(client, (rows) => rows.filter((row) => row.id !== id), -1)
}

function edit(client: QueryClient, change: (rows: SessionSummary[]) => SessionSummary[], more: number): void {
  client.setQueriesData<Pages>({ queryKey: LISTS }, (pages) =>
    pages === undefined
      ? pages
      : {
          ...pages,
          pages: pages.pages.map((page) => ({
            ...page,
            total: page.total + more,
            sessions: change(page.sessions),
          })),
        },
  )
}

/** The jobs page by page, the machines behind them, and what can be asked of a job. */
import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, call } from '@/api/client'
import type { Job } from '@/api/schema'
import { useTexts } from '@/i18n'
import { useTellError } from '@/ui/refusalWords'
import { useToast } from '@/ui/Toasts'

export type Action = Job['allowed'][number]
export type Priority = Job['priority']
type Status = '' | 'active' | 'paused' | 'pending' | 'completed' | 'failed' | 'cancelled'

export interface Wanted {
  name: string
  status: Status
  priority: '' | Priority
  lane: 'training' | 'interactive' | 'all'
  owner: 'me' | 'all'
}

export const EVERYTHING: Wanted = { name: '', status: '', priority: '', lane: 'training', owner: 'me' }
const PAGE = 50
const LIVELY_MS = 3_000 // what events do not tell: places in the queue, workers that come and go

/** As the API takes it. */
export function asQuery(wanted: Wanted) {
  return {
    owner: wanted.owner,
    ...(wanted.lane === 'all' ? {} : { lane: wanted.lane }),
    ...(wanted.status ? { status: wanted.status === 'active' ? 'queued,running' : wanted.status } : {}),
    ...(wanted.priority ? { priority: wanted.priority } : {}),
    ...(wanted.name ? { name: wanted.name } : {}),
  }
}

export function useJobPages(wanted: Wanted) {
  return useInfiniteQuery({
    queryKey: ['jobs', 'list', wanted],
    initialPageParam: 0,
    queryFn: ({ pageParam: offset }) =>
      call(api.GET('/api/v1/training/jobs', { params: { query: { ...asQuery(wanted), limit: PAGE, offset } } })),
    getNextPageParam: (page) => (page.next === null ? null : page.offset + page.limit),
    placeholderData: keepPreviousData,
    refetchInterval: LIVELY_MS,
  })
}

export function useQueues() {
  return useQuery({
    queryKey: ['jobs', 'queues'],
    queryFn: () => call(api.GET('/api/v1/queues')),
    refetchInterval: LIVELY_MS,
  })
}

export function useMachines() {
  return useQuery({
    queryKey: ['jobs', 'machines'],
    queryFn: async () => {
      const [devices, workers] = await Promise.all([call(api.GET('/api/v1/devices')), call(api.GET('/api/v1/workers'))])
      return { devices: devices.devices, workers: workers.workers }
    },
    refetchInterval: LIVELY_MS,
  })
}

/** Every action, and another priority; refusals are told at the edge. */
export function useJobActions() {
  const client = useQueryClient()
  const toast = useToast()
  const tell = useTellError()
  const t = useTexts().jobs
  const fresh = () => client.invalidateQueries({ queryKey: ['jobs'] })
  const onError = (error: Error) => {
    tell(error)
    void fresh()
  }
  const act = useMutation({
    mutationFn: ({ job, action }: { job: Job; action: Action }) => ask(job.id, action),
    onSuccess: (answer, { job, action }) => {
      toast({ text: answer ?? t.done[action](job.job_name) })
      void fresh()
    },
    onError,
  })
  const rank = useMutation({
    mutationFn: ({ job, priority }: { job: Job; priority: Priority }) =>
      call(api.PATCH('/api/v1/training/jobs/{job_id}', { params: { path: { job_id: job.id } }, body: { priority } })),
    onSuccess: fresh,
    onError,
  })
  return { act, rank }
}

/** Gives what the server has to say about it, if anything. */
async function ask(id: string, action: Action): Promise<string | null> {
  const params = { path: { job_id: id } }
  if (action === 'delete') {
    await call(api.DELETE('/api/v1/training/jobs/{job_id}', { params }))
    return null
  }
  if (action === 'restart') {
    const header = { 'Idempotency-Key': crypto.randomUUID() }
    await call(api.POST('/api/v1/training/jobs/{job_id}/restart', { params: { ...params, header } }))
    return null
  }
  const answer = await call(api.POST(`/api/v1/training/jobs/{job_id}/${action}`, { params }))
  return answer.message ?? null
}

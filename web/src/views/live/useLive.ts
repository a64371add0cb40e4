/** A job as it lives: what it tells over the socket from the beginning on, without a hole after every loss of the connection. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useMemo, useRef, useState } from 'react'
import { api, call } from '@/api/client'
import { liveSocket, type AccessEnded } from '@/api/socket'
import { beginAt, EARLIER, hasHole, heard, withEarlier, type News, type Replay, type Told } from './replay'

/** Of jobs that have told more than this the newest events are replayed; of the earlier ones what pictures and log need. */
const MOST_REPLAYED = 3_000
const PAGE = 1_000
const CURVES_MS = 700
const QUEUE_MS = 2_500

interface Answer {
  ok: boolean
  replay?: News[]
  error?: string
}

export function useJob(jobId: string) {
  return useQuery({
    queryKey: ['job', jobId],
    queryFn: () => call(api.GET('/api/v1/training/jobs/{job_id}', { params: { path: { job_id: jobId } } })),
    select: (answer) => answer.job,
    // how far a waiting job has moved up is told by no event of its own
    refetchInterval: (query) => (query.state.data?.job.status === 'queued' ? QUEUE_MS : false),
  })
}

/** Everything told by a job of which `lastSeq` is the newest event now; null until the first answer. */
export function useReplay(
  jobId: string,
  lastSeq: number,
): { replay: Replay | null; connected: boolean; began: number } {
  const client = useQueryClient()
  const [replay, setReplay] = useState<Replay | null>(null)
  const [connected, setConnected] = useState(true)
  const [start] = useState(lastSeq > MOST_REPLAYED ? lastSeq - MOST_REPLAYED : 0)

  useEffect(() => {
    const socket = liveSocket()
    let now = beginAt(start)
    let asking = false
    const take = (news: readonly News[]) => {
      const before = now
      now = heard(now, news)
      if (now === before) return
      setReplay(now)
      if (now.statusSeq !== before.statusSeq) {
        void client.invalidateQueries({ queryKey: ['job', jobId], exact: true })
        void client.invalidateQueries({ queryKey: ['session'] })
      }
      if (hasHole(now)) subscribe()
    }
    const subscribe = () => {
      if (asking || !socket.connected) return
      asking = true
      socket
        .timeout(10_000)
        .emit('job.subscribe', { job_id: jobId, after_seq: now.seq }, (lost: unknown, answer: Answer | undefined) => {
          asking = false
          if (lost || answer?.ok !== true) return
          setConnected(true)
          take(answer.replay ?? [])
          setReplay(now)
        })
    }
    const hear = (news: News) => {
      if (news.job_id === jobId) take([news])
    }
    const forget = (why: AccessEnded) => {
      if (why.job_id !== jobId) return // asked again, the server says what is left of it
      void client.invalidateQueries({ queryKey: ['job', jobId] })
      void client.invalidateQueries({ queryKey: ['session'] })
    }
    const lose = () => {
      asking = false
      setConnected(false)
    }
    socket.on('job.event', hear)
    socket.on('access_ended', forget)
    socket.on('connect', subscribe)
    socket.on('disconnect', lose)
    subscribe()
    return () => {
      socket.off('job.event', hear)
      socket.off('access_ended', forget)
      socket.off('connect', subscribe)
      socket.off('disconnect', lose)
      if (socket.connected) socket.emit('job.unsubscribe', { job_id: jobId })
    }
  }, [jobId, start, client])
  const earlier = useEarlier(jobId, start)
  const whole = useMemo(
    () => (replay === null || earlier === null ? replay : withEarlier(replay, start, earlier)),
    [replay, earlier, start],
  )
  return { replay: whole, connected, began: start }
}

/** What was told up to this event, of the kinds that are shown; null until it is known, or where there is none. */
function useEarlier(jobId: string, upTo: number): Told[] | null {
  const query = useQuery({
    queryKey: ['job', jobId, 'earlier', upTo],
    queryFn: async () => (await Promise.all(EARLIER.map((type) => allOf(jobId, type, upTo)))).flat(),
    enabled: upTo > 0,
    staleTime: Infinity,
  })
  return query.data ?? null
}

/** Every event of one type up to this number, page by page. */
async function allOf(jobId: string, type: string, upTo: number): Promise<Told[]> {
  const found: Told[] = []
  for (let after = 0; after < upTo;) {
    const page = await call(
      api.GET('/api/v1/training/jobs/{job_id}/events', {
        params: { path: { job_id: jobId }, query: { after_seq: after, type, limit: PAGE } },
      }),
    )
    found.push(...(page.events as unknown as Told[]))
    if (page.next === null) break
    after = page.last_seq
  }
  return found
}

/** Whole curves, thinned by the server; read again a moment after the job has told of new metrics. */
export function useCurves(jobId: string, metricsSeq: number, maxPoints = 500) {
  const client = useQueryClient()
  const curves = useQuery({
    queryKey: ['job', jobId, 'curves', maxPoints],
    queryFn: async () =>
      (
        await call(
          api.GET('/api/v1/training/jobs/{job_id}/metrics', {
            params: { path: { job_id: jobId }, query: { max_points: maxPoints, form: 'columns' } },
          }),
        )
      ).curves ?? {},
    staleTime: Infinity,
  })
  const newest = useRef(metricsSeq)
  useEffect(() => {
    newest.current = metricsSeq
  }, [metricsSeq])
  useEffect(() => {
    let read = 0
    const timer = setInterval(() => {
      if (newest.current === read) return
      read = newest.current
      void client.invalidateQueries({ queryKey: ['job', jobId, 'curves'] }, { cancelRefetch: false })
    }, CURVES_MS)
    return () => clearInterval(timer)
  }, [client, jobId])
  return curves
}

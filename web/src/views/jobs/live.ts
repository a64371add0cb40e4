/** Keeps the listed jobs as they are now: their events arrive by the socket, missed ones when it comes back. */
import { useQueryClient, type InfiniteData } from '@tanstack/react-query'
import { useEffect, useMemo } from 'react'
import type { Job, JobList, JobProgress } from '@/api/schema'
import { liveSocket } from '@/api/socket'

export interface JobNews {
  name: string
  type: string
  seq: number
  job_id: string
  data: Partial<JobProgress> & { status?: Job['status'] | 'deleted'; requested_action?: Job['requested_action'] }
}

const STATUS = new Set(['job.status', 'job.completed', 'job.failed', 'job.cancelled', 'job.deleted'])
const SOON_MS = 150 // several news of one moment are one question

export function useLiveJobs(jobs: readonly Job[]): void {
  const client = useQueryClient()
  const watched = useMemo(
    () =>
      jobs
        .filter((job) => job.owner === undefined && ['queued', 'running', 'paused'].includes(job.status))
        .map((job) => job.id)
        .sort()
        .join(' '),
    [jobs],
  )
  useEffect(() => {
    const ids = watched.split(' ').filter(Boolean)
    if (ids.length === 0) return undefined
    const socket = liveSocket()
    let soon: ReturnType<typeof setTimeout> | undefined
    const ask = () => {
      clearTimeout(soon)
      soon = setTimeout(() => void client.invalidateQueries({ queryKey: ['jobs'] }), SOON_MS)
    }
    const hear = (news: JobNews) => {
      if (!ids.includes(news.job_id)) return
      if (STATUS.has(news.name)) ask()
      else
        client.setQueriesData<InfiniteData<JobList>>({ queryKey: ['jobs', 'list'] }, (before) => withNews(before, news))
    }
    const subscribe = () => {
      ids.forEach((id) => socket.emit('job.subscribe', { job_id: id }))
      ask()
    }
    socket.on('job.event', hear)
    socket.on('access_ended', ask)
    socket.on('connect', subscribe)
    if (socket.connected) subscribe()
    return () => {
      clearTimeout(soon)
      socket.off('job.event', hear)
      socket.off('access_ended', ask)
      socket.off('connect', subscribe)
      ids.forEach((id) => socket.emit('job.unsubscribe', { job_id: id }))
    }
  }, [watched, client])
}

/** The list with this news in the job's row; what is older than what it shows changes nothing. */
export function withNews(before: InfiniteData<JobList> | undefined, news: JobNews) {
  if (before === undefined || news.data.percent === undefined) return before
  const changed = (job: Job): Job =>
    job.id !== news.job_id || job.last_seq >= news.seq
      ? job
      : {
          ...job,
          last_seq: news.seq,
          phase: news.data.phase ?? job.phase,
          progress: { ...job.progress, ...news.data, status: job.progress.status },
          progress_percent: news.data.percent ?? job.progress_percent,
        }
  return { ...before, pages: before.pages.map((page) => ({ ...page, jobs: page.jobs.map(changed) })) }
}

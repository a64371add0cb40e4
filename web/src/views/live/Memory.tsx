/** What the job's process held over the whole run; looked up only when somebody opens it. */
import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { api, call } from '@/api/client'
import { LineChart } from '@/charts/LineChart'
import { useFormat, useTexts } from '@/i18n'
import type { MemorySample, Progress } from './replay'

/** Looked at before the part that was replayed: places as far from each other, a few events at each. */
const PLACES = 40
const EVENTS = 5

interface Props {
  jobId: string
  samples: readonly MemorySample[]
  /** The event behind which the samples begin. */
  began: number
}

export function Memory({ jobId, samples, began }: Props) {
  const t = useTexts().live
  const format = useFormat()
  const [open, setOpen] = useState(false)
  const early = useEarlyMemory(jobId, began, open)
  const { x, lines } = useMemo(() => {
    const all = [...(early.data ?? []), ...samples]
    return { x: all.map(({ ts }) => Date.parse(ts)), lines: [{ label: t.memory, values: all.map(({ mb }) => mb) }] }
  }, [early.data, samples, t])
  if (samples.length < 2) return null
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t.memoryCurve(format.whole(samples.at(-1)?.mb))}</summary>
      <LineChart title={t.memory} x={x} time lines={lines} height={160} yLabel={t.memoryUnit} />
      {began > 0 && samples[0] ? (
        <p className="muted">
          {early.isError
            ? t.memoryLate(format.time(samples[0].ts))
            : t.memorySampled(format.time(samples[0].ts), format.whole(PLACES))}
        </p>
      ) : null}
    </details>
  )
}

/** One request after the other, so that a long run is no load. */
function useEarlyMemory(jobId: string, began: number, enabled: boolean) {
  return useQuery({
    queryKey: ['job', jobId, 'memory', began],
    queryFn: async () => {
      const found: MemorySample[] = []
      for (let place = 0; place < PLACES; place += 1) {
        const after = Math.floor((place * began) / PLACES)
        const { events } = await call(
          api.GET('/api/v1/training/jobs/{job_id}/events', {
            params: { path: { job_id: jobId }, query: { after_seq: after, limit: EVENTS } },
          }),
        )
        const told = (events as unknown as { ts: string; data: Partial<Progress> }[]).find(({ data }) => data.memory)
        if (told?.data.memory) found.push({ ts: told.ts, mb: told.data.memory.allocated_mb })
      }
      return found
    },
    enabled: enabled && began > 0,
    staleTime: Infinity,
  })
}

/** Jobs of a session as they work, beside each other; those that have ended stay to be looked at. */
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useSearchParams } from 'react-router'
import { api, call } from '@/api/client'
import type { Job } from '@/api/schema'
import { useSessionId } from '@/app/Session'
import { useFormat, useTexts } from '@/i18n'
import { Button, ButtonLink } from '@/ui/Button'
import { Card } from '@/ui/Card'
import { SameByApi } from '@/ui/SameByApi'
import { Empty, Loaded } from '@/ui/states'
import { Panel } from './Panel'
import './live.css'

const ACTIVE = ['pending', 'queued', 'running', 'paused']
const SHOWN_JOBS = 100

export function Component() {
  const t = useTexts().live
  const sessionId = useSessionId()
  const jobs = useQuery({
    queryKey: ['session', sessionId, 'jobs'],
    queryFn: () =>
      call(
        api.GET('/api/v1/training/jobs', {
          params: { query: { session_id: sessionId, limit: SHOWN_JOBS } },
        }),
      ),
    refetchInterval: 10_000, // jobs that somebody else starts in this session
  })
  const workloads = useQuery({
    queryKey: ['workloads'],
    queryFn: () => call(api.GET('/api/v1/workloads')),
    staleTime: Infinity,
  })
  return (
    <div className="stack">
      <div className="row spread">
        <h2>{t.heading}</h2>
        <SameByApi
          calls={[
            { method: 'GET', path: `/api/v1/training/jobs?session_id=${sessionId}` },
            ...(jobs.data?.jobs[0]
              ? [
                  { method: 'GET' as const, path: `/api/v1/training/jobs/${jobs.data.jobs[0].id}/events?after_seq=0` },
                  {
                    method: 'GET' as const,
                    path: `/api/v1/training/jobs/${jobs.data.jobs[0].id}/metrics?max_points=500&form=columns`,
                  },
                ]
              : []),
          ]}
        />
      </div>
      <Loaded query={jobs} height={420}>
        {(answer) => (
          <Loaded query={workloads}>
            {(known) => {
              // What only looks at data or draws is over in a moment, and shown where it was asked for.
              const long = known.workloads.filter((each) => each.lane === 'training').map((each) => each.name)
              return <Listed sessionId={sessionId} jobs={answer.jobs.filter((job) => long.includes(job.workload))} />
            }}
          </Loaded>
        )}
      </Loaded>
    </div>
  )
}

function Listed({ sessionId, jobs }: { sessionId: string; jobs: Job[] }) {
  const t = useTexts().live
  const [parameters, setParameters] = useSearchParams()
  const [seen, setSeen] = useState<ReadonlySet<string>>(new Set())
  const active = jobs.filter((job) => ACTIVE.includes(job.status)).map((job) => job.id)
  const fresh = active.filter((id) => !seen.has(id))
  if (fresh.length > 0) setSeen(new Set([...seen, ...fresh])) // what ends while it is watched stays in sight
  const asked = parameters.getAll('job')
  const chosen = jobs.filter((job) => seen.has(job.id) || asked.includes(job.id))
  const shown = chosen.length > 0 ? chosen : jobs.slice(0, 1)
  const rest = jobs.filter((job) => !shown.includes(job))
  if (jobs.length === 0)
    return (
      <Empty
        title={t.none}
        action={
          <ButtonLink kind="primary" to={`/sessions/${sessionId}/train`}>
            {t.toTrain}
          </ButtonLink>
        }
      >
        {t.noneText}
      </Empty>
    )
  return (
    <>
      <div className="job-panels">
        {[...shown].reverse().map((job) => (
          <Panel key={job.id} jobId={job.id} />
        ))}
      </div>
      {rest.length > 0 ? (
        <Earlier
          jobs={rest}
          onShow={(id) => {
            const next = new URLSearchParams(parameters)
            if (!chosen.length && jobs[0]) next.append('job', jobs[0].id)
            next.append('job', id)
            setParameters(next, { replace: true })
          }}
        />
      ) : null}
    </>
  )
}

function Earlier({ jobs, onShow }: { jobs: Job[]; onShow: (id: string) => void }) {
  const t = useTexts().live
  const format = useFormat()
  return (
    <Card title={t.others}>
      <ul className="earlier-jobs">
        {jobs.map((job) => (
          <li key={job.id} className="row spread">
            <span className="row">
              <strong translate="no">{job.job_name}</strong>
              <span className="chip">{t.statuses[job.status] ?? job.status}</span>
              <span className="muted">{format.ago(job.finished_at ?? job.created_at)}</span>
            </span>
            <Button small onClick={() => onShow(job.id)}>
              {t.show}
            </Button>
          </li>
        ))}
      </ul>
    </Card>
  )
}

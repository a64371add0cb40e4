/** All jobs of the user, or of everybody for an admin: what they do, how far they are, what can be asked of them. */
import { useCallback, useMemo } from 'react'
import { useSearchParams } from 'react-router'
import { useAccount } from '@/app/account'
import { useFormat, useTexts } from '@/i18n'
import { Button, ButtonLink } from '@/ui/Button'
import { SameByApi } from '@/ui/SameByApi'
import { Empty, Loading, Refused } from '@/ui/states'
import { Filters } from './Filters'
import { JobTable } from './JobTable'
import { useLiveJobs } from './live'
import { Machines } from './Machines'
import { asQuery, EVERYTHING, useJobPages, type Wanted } from './queries'
import './jobs.css'

export function Component() {
  const { jobs: t, frame } = useTexts()
  const format = useFormat()
  const admin = useAccount().data?.admin ?? false
  const [wanted, change, clear] = useWanted()
  const pages = useJobPages(wanted)
  const jobs = useMemo(() => pages.data?.pages.flatMap((page) => page.jobs) ?? [], [pages.data])
  const total = pages.data?.pages[0]?.total ?? 0
  useLiveJobs(jobs)
  const narrowed = Object.keys(asQuery({ ...wanted, owner: 'me', lane: 'all' })).length > 1
  const path = `/api/v1/training/jobs?${new URLSearchParams(asQuery(wanted)).toString()}`
  const job = jobs[0]
  return (
    <div className="stack">
      <div className="page-head">
        <div className="row">
          <h1>{t.title}</h1>
          {pages.isSuccess ? (
            <span className="muted" role="status">
              {t.count(format.whole(total), total === 1)}
            </span>
          ) : null}
        </div>
        <SameByApi
          calls={[
            { method: 'GET', path },
            { method: 'GET', path: '/api/v1/queues' },
            { method: 'GET', path: '/api/v1/workers' },
            ...(job ? [{ method: 'POST' as const, path: `/api/v1/training/jobs/${job.id}/pause` }] : []),
          ]}
        />
      </div>
      <Machines />
      <Filters wanted={wanted} onChange={change} admin={admin} />
      {pages.isPending ? <Loading height={260} /> : null}
      {pages.isError && jobs.length === 0 ? (
        <Refused
          error={pages.error}
          onRetry={() => void pages.refetch()}
          action={
            <Button small onClick={clear}>
              {t.clear}
            </Button>
          }
        />
      ) : null}
      {pages.isSuccess && jobs.length === 0 ? (
        narrowed ? (
          <Empty title={t.noneTitle} action={<Button onClick={clear}>{t.clear}</Button>}>
            {t.none}
          </Empty>
        ) : (
          <Empty title={t.emptyTitle} action={<ButtonLink to="/sessions">{frame.toSessions}</ButtonLink>}>
            {t.empty}
          </Empty>
        )
      ) : null}
      {jobs.length > 0 ? <JobTable jobs={jobs} everybodys={wanted.owner === 'all'} /> : null}
      {pages.hasNextPage ? (
        <div>
          <Button onClick={() => void pages.fetchNextPage()} disabled={pages.isFetchingNextPage}>
            {t.more}
          </Button>
        </div>
      ) : null}
    </div>
  )
}

const CHOICES: { [K in keyof Wanted]: readonly Wanted[K][] | null } = {
  name: null,
  status: ['', 'active', 'paused', 'pending', 'completed', 'failed', 'cancelled'],
  priority: ['', 'high', 'normal', 'low'],
  lane: ['training', 'interactive', 'all'],
  owner: ['me', 'all'],
}

/** What is asked for stands in the address, so that it survives a reload and a new sign-in. */
function useWanted(): [Wanted, (changes: Partial<Wanted>) => void, () => void] {
  const [parameters, setParameters] = useSearchParams()
  const read = <K extends keyof Wanted>(name: K): Wanted[K] => {
    const said = (parameters.get(name) ?? EVERYTHING[name]) as Wanted[K]
    return CHOICES[name]?.includes(said) === false ? EVERYTHING[name] : said
  }
  const wanted: Wanted = {
    name: read('name'),
    status: read('status'),
    priority: read('priority'),
    lane: read('lane'),
    owner: read('owner'),
  }
  const change = useCallback(
    (changes: Partial<Wanted>) =>
      setParameters(
        (before) => {
          for (const [name, value] of Object.entries(changes)) {
            if (value === EVERYTHING[name as keyof Wanted]) before.delete(name)
            else before.set(name, value)
          }
          return before
        },
        { replace: true },
      ),
    [setParameters],
  )
  return [wanted, change, () => change(EVERYTHING)]
}

/** The list itself: one row per job, a card of its own on a phone. */
import { useState } from 'react'
import type { Job } from '@/api/schema'
import { useTexts } from '@/i18n'
import { DeleteDialog } from './DeleteDialog'
import { JobRow } from './JobRow'
import { useJobActions } from './queries'

export function JobTable({ jobs, everybodys }: { jobs: readonly Job[]; everybodys: boolean }) {
  const t = useTexts().jobs
  const { act, rank } = useJobActions()
  const [deleting, setDeleting] = useState<Job | null>(null)
  return (
    <>
      <table className="job-table">
        <thead>
          <tr>
            <th>{t.job}</th>
            {everybodys ? <th>{t.owner}</th> : null}
            <th>{t.statusFilter}</th>
            <th>{t.progress}</th>
            <th>{t.when}</th>
            <th>
              <span className="visually-hidden">{t.actions}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {jobs.map((job) => (
            <JobRow
              key={job.id}
              job={job}
              everybodys={everybodys}
              busy={act.isPending && act.variables.job.id === job.id}
              onAct={(action) => (action === 'delete' ? setDeleting(job) : act.mutate({ job, action }))}
              onRank={(priority) => rank.mutate({ job, priority })}
            />
          ))}
        </tbody>
      </table>
      {deleting ? (
        <DeleteDialog
          job={deleting}
          onDelete={() => act.mutate({ job: deleting, action: 'delete' })}
          onClose={() => setDeleting(null)}
        />
      ) : null}
    </>
  )
}

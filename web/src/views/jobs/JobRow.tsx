/** One job: its name, what it does now, how far it is, and what can be asked of it. */
import { MoreHorizontal } from 'lucide-react'
import { Link } from 'react-router'
import type { Job } from '@/api/schema'
import { useFormat, useTexts } from '@/i18n'
import { Button } from '@/ui/Button'
import { Menu, MenuChoice, MenuItem, MenuLabel } from '@/ui/Menu'
import type { Action, Priority } from './queries'

const LOOK: Record<Job['status'], string> = {
  pending: '',
  queued: '',
  running: 'accent',
  paused: 'warn',
  completed: 'good',
  failed: 'bad',
  cancelled: '',
}
/** What an admin may ask of somebody else's job. */
const OF_OTHERS: readonly Action[] = ['pause', 'finish', 'cancel']

interface Props {
  job: Job
  everybodys: boolean
  busy: boolean
  onAct: (action: Action) => void
  onRank: (priority: Priority) => void
}

export function JobRow({ job, everybodys, busy, onAct, onRank }: Props) {
  const t = useTexts().jobs
  const format = useFormat()
  const why = job.error_message ?? (job.reason ? (t.reasons[job.reason] ?? job.reason) : null)
  return (
    <tr>
      <td className="job-name">
        {job.session_id && !everybodys ? (
          <Link to={addressOf(job)}>{job.job_name}</Link>
        ) : (
          <strong>{job.job_name}</strong>
        )}
        <span className="muted">
          {t.workloads[job.workload] ?? job.workload}
          {job.priority === 'normal' ? '' : ` · ${t.rank(t.priorities[job.priority])}`}
        </span>
      </td>
      {everybodys ? (
        <td className="job-owner" data-label={t.owner}>
          {job.owner}
        </td>
      ) : null}
      <td data-label={t.statusFilter}>
        <span className={`chip ${LOOK[job.status]}`}>{t.status[job.status]}</span>
        {job.requested_action === 'none' ? null : (
          <span className="job-aside">{t.requested[job.requested_action] ?? job.requested_action}</span>
        )}
        {why ? <span className="job-aside job-why">{why}</span> : null}
      </td>
      <td data-label={t.progress}>
        <JobBar job={job} />
      </td>
      <td data-label={t.when}>
        <time dateTime={job.created_at} title={format.time(job.created_at)}>
          {format.ago(job.finished_at ?? job.started_at ?? job.created_at)}
        </time>
        {job.device ? <span className="job-aside">{job.device}</span> : null}
      </td>
      <td className="job-actions">
        <JobMenu job={job} everybodys={everybodys} busy={busy} onAct={onAct} onRank={onRank} />
      </td>
    </tr>
  )
}

function JobBar({ job }: { job: Job }) {
  const t = useTexts().jobs
  const format = useFormat()
  const { progress } = job
  if (job.status === 'queued' && job.queue_position !== null)
    return <span className="muted">{t.place(format.whole(job.queue_position))}</span>
  if (job.status === 'pending') return <span className="muted">{'–'}</span>
  const percent = job.progress_percent
  const eta = progress.eta_s
  const position =
    progress.epoch !== null && progress.total_epochs !== null
      ? t.epoch(format.whole(progress.epoch), format.whole(progress.total_epochs))
      : progress.current !== null && progress.total
        ? t.steps(format.number(progress.current, 3), format.number(progress.total, 3))
        : null
  const words = [
    format.percent(percent / 100, 0),
    job.status === 'running' && job.phase ? t.phases[job.phase] : null,
    job.status === 'running' ? position : null,
    job.status === 'running' && eta !== null
      ? (progress.eta_is_upper_bound ? t.leftAtMost : t.left)(format.duration(eta))
      : null,
    job.status === 'completed' ? t.took(format.duration(job.active_seconds)) : null,
  ]
  return (
    <div className="job-bar">
      <div
        className="progress"
        role="progressbar"
        aria-label={t.percentOf(job.job_name)}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(percent)}
      >
        <div style={{ width: `${percent}%` }} />
      </div>
      <span className="muted">{words.filter(Boolean).join(' · ')}</span>
    </div>
  )
}

function JobMenu({ job, everybodys, busy, onAct, onRank }: Props) {
  const t = useTexts().jobs
  const allowed = everybodys ? job.allowed.filter((action) => OF_OTHERS.includes(action)) : job.allowed
  const waits = ['pending', 'queued', 'paused'].includes(job.status)
  if (allowed.length === 0 && !waits) return null
  return (
    <Menu
      trigger={
        <Button icon kind="quiet" aria-label={t.actionsOf(job.job_name)} disabled={busy}>
          <MoreHorizontal size={18} aria-hidden />
        </Button>
      }
    >
      {allowed.map((action) => (
        <MenuItem key={action} onSelect={() => onAct(action)}>
          {t.action[action]}
        </MenuItem>
      ))}
      {waits ? (
        <>
          <MenuLabel>{t.priorityFilter}</MenuLabel>
          <MenuChoice value={job.priority} options={t.priorities} onChange={onRank} />
        </>
      ) : null}
    </Menu>
  )
}

/** Where a job of a session is seen in full. */
function addressOf(job: Job): string {
  return `/sessions/${job.session_id}/${job.status === 'completed' ? 'results' : 'live'}`
}

/** One job: where it is, how long it takes, its curves beside the line to beat, what it says, what may be asked of it. */
import type { Job } from '@/api/schema'
import { useMayEdit } from '@/app/access'
import { useFormat, useTexts } from '@/i18n'
import { ButtonLink } from '@/ui/Button'
import { Card } from '@/ui/Card'
import { Loaded } from '@/ui/states'
import { Actions } from './Actions'
import { HorizonChart, LossCurves, OtherCurve } from './Curves'
import { Facts } from './Facts'
import { Log } from './Log'
import { Memory } from './Memory'
import { Parts } from './Parts'
import type { Progress, Replay } from './replay'
import { useCurves, useJob, useReplay } from './useLive'

const PHASES = ['prepare', 'train', 'evaluate', 'export', 'register'] as const
const PARTS: Record<string, 'fold' | 'trial' | undefined> = { backtest: 'fold', search: 'trial' }
const ENDED = ['completed', 'failed', 'cancelled']
const COLOURS: Record<string, string> = { completed: 'good', failed: 'bad', paused: 'warn', running: 'accent' }

export function Panel({ jobId }: { jobId: string }) {
  const job = useJob(jobId)
  return (
    <Loaded query={job} height={420}>
      {(known) => <Told job={known} />}
    </Loaded>
  )
}

function Told({ job }: { job: Job }) {
  const t = useTexts().live
  const mayEdit = useMayEdit()
  const { replay, connected, began } = useReplay(job.id, job.last_seq)
  const status = replay?.status ?? job.status
  const progress: Partial<Progress> = replay?.progress.percent === undefined ? job.progress : replay.progress
  const requested = replay === null ? job.requested_action : replay.requestedAction
  const reason = job.reason === null ? undefined : (t.reasons[job.reason] ?? job.reason)
  return (
    <Card
      className="job-panel"
      title={
        <span className="row">
          <span translate="no">{job.job_name}</span>
          <span className={`chip ${COLOURS[status] ?? ''}`} data-status={status}>
            {t.statuses[status] ?? status}
          </span>
          {requested !== 'none' ? <span className="chip warn">{t.requested[requested]}</span> : null}
        </span>
      }
      actions={mayEdit ? <Actions job={job} /> : null}
    >
      <div className="stack">
        {connected ? null : (
          <p className="note warn" role="status">
            {t.lost}
          </p>
        )}
        {job.error ? <Fault error={job.error} /> : reason ? <p className="note">{reason}</p> : null}
        {status === 'queued' ? <Waiting position={job.queue_position} /> : null}
        {status === 'queued' || status === 'pending' ? null : (
          <Reached
            progress={status === 'completed' ? { ...progress, percent: 100 } : progress}
            ended={ENDED.includes(status)}
          />
        )}
        <Facts job={job} progress={progress} working={status === 'running'} />
        {status === 'queued' || status === 'pending' ? null : <Pictures {...{ job, replay, began, status }} />}
        <Log lines={replay?.log ?? []} />
        {status === 'completed' && job.session_id ? (
          <div className="row">
            <ButtonLink small to={`/sessions/${job.session_id}/results?job=${job.id}`}>
              {t.toResults}
            </ButtonLink>
          </div>
        ) : null}
      </div>
    </Card>
  )
}

function Waiting({ position }: { position: number | null }) {
  const t = useTexts().live
  const format = useFormat()
  return <p className="note">{position === null ? t.positionUnknown : t.position(format.whole(position))}</p>
}

function Fault({ error }: { error: Record<string, unknown> }) {
  return (
    <div className="note bad" role="alert">
      <h3>{text(error.error)}</h3>
      <p>{text(error.suggestion)}</p>
    </div>
  )
}

function Reached({ progress, ended }: { progress: Partial<Progress>; ended: boolean }) {
  const t = useTexts().live
  const format = useFormat()
  const percent = progress.percent ?? 0
  const at = PHASES.findIndex((phase) => phase === progress.phase)
  return (
    <div className="reached">
      <div className="row spread">
        <strong>{format.percent(percent / 100, percent < 10 ? 1 : 0)}</strong>
        <span className="muted">{ended ? '' : (progress.message ?? '')}</span>
      </div>
      <div
        className="progress"
        role="progressbar"
        aria-label={t.progress}
        aria-valuenow={Math.round(percent)}
        aria-valuemin={0}
        aria-valuemax={100}
      >
        <div style={{ width: `${percent}%` }} />
      </div>
      <ol className="phases" aria-label={t.phaseList}>
        {PHASES.map((phase, index) => (
          <li
            key={phase}
            className={percent >= 100 || index < at ? 'done' : index === at ? 'now' : ''}
            aria-current={index === at && !ended ? 'step' : undefined}
          >
            {t.phases[phase]}
          </li>
        ))}
      </ol>
    </div>
  )
}

interface PicturesProps {
  job: Job
  replay: Replay | null
  /** The event behind which the replay begins. */
  began: number
  status: string
}

function Pictures({ job, replay, began, status }: PicturesProps) {
  const t = useTexts().live
  const curves = useCurves(job.id, replay?.metricsSeq ?? 0)
  const kind = PARTS[job.workload]
  return (
    <>
      {kind ? <Parts kind={kind} parts={replay?.parts ?? []} /> : null}
      <section>
        <h3>{t.curves}</h3>
        <Loaded query={curves} height={230}>
          {(known) => (
            <>
              <LossCurves
                curves={known}
                baseline={replay?.baseline ?? null}
                working={status === 'running'}
                hasEpochs={job.total_epochs !== null}
                syncKey={job.session_id ?? job.id}
              />
              <OtherCurve curves={known} />
            </>
          )}
        </Loaded>
      </section>
      {job.workload === 'forecast' ? (
        <section>
          <h3>{t.horizon}</h3>
          {replay?.horizon ? <HorizonChart horizon={replay.horizon} /> : <p className="muted">{t.horizonNone}</p>}
        </section>
      ) : null}
      {replay ? <Memory jobId={job.id} samples={replay.memory} began={began} /> : null}
    </>
  )
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

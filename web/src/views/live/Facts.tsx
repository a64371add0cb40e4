/** The numbers of a job at work: epoch, time left, speed, learning rate, memory, tasks. */
import type { Job } from '@/api/schema'
import { useFormat, useTexts } from '@/i18n'
import type { Progress } from './replay'

interface Props {
  job: Job
  progress: Partial<Progress>
  working: boolean
}

export function Facts({ job, progress, working }: Props) {
  const t = useTexts().live
  const format = useFormat()
  const { eta_s: eta, memory, best, learning_rate: rate } = progress
  const facts: [string, string][] = []
  const say = (name: string, value: string | null) => {
    if (value !== null) facts.push([name, value])
  }
  if (progress.epoch != null)
    say(
      t.epoch,
      progress.total_epochs == null
        ? format.whole(progress.epoch)
        : t.of(format.whole(progress.epoch), format.whole(progress.total_epochs)),
    )
  if (working)
    say(
      t.eta,
      eta == null ? '–' : progress.eta_is_upper_bound ? t.etaAtMost(format.duration(eta)) : format.duration(eta),
    )
  if (progress.elapsed_s) say(t.elapsed, format.duration(progress.elapsed_s))
  if (working && progress.rate != null)
    say(
      t.rate,
      t.perMinute(format.number(progress.rate, 3), t.units[progress.rate_unit ?? ''] ?? progress.rate_unit ?? ''),
    )
  if (best)
    say(
      t.best,
      best.epoch == null ? format.number(best.value) : t.bestAt(format.number(best.value), format.whole(best.epoch)),
    )
  if (rate != null) say(t.learningRate, format.number(rate))
  if (working && memory)
    say(t.memory, t.memoryOf(format.bytes(memory.allocated_mb * 2 ** 20), format.bytes(memory.total_mb * 2 ** 20)))
  if (job.device) say(t.device, job.device)
  if (job.attempt > 1) say(t.attempt, format.whole(job.attempt))
  const counts = Object.entries(job.counts ?? {}).filter(
    (each): each is [string, number] => typeof each[1] === 'number' && each[1] > 0,
  )
  const told = Object.entries(progress.counts ?? {}).filter(([, count]) => count > 0)
  const tasks = working && told.length > 0 ? told : counts
  if (tasks.length > 0)
    say(t.tasks, tasks.map(([state, count]) => `${format.whole(count)} ${t.taskStates[state] ?? state}`).join(', '))
  return facts.length === 0 ? null : (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

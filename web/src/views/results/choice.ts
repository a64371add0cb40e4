/** What is looked at: kept in the address, so that a reload or a link shows the same. */
import { useCallback, useMemo } from 'react'
import { useSearchParams } from 'react-router'
import type { LeaderboardGroup, LeaderboardRow, SessionLeaderboard } from '@/api/schema'

export const METRICS = ['MAE', 'RMSE', 'WAPE', 'sMAPE', 'MAPE', 'MASE', 'NRMSE', 'BIAS', 'skill'] as const
export type Metric = (typeof METRICS)[number]

/** A measure with its unit, where it has one of its own: the others are in the unit of the output, or have none. */
export function withUnit(metric: string): string {
  return ['WAPE', 'sMAPE', 'MAPE'].includes(metric) ? `${metric} [%]` : metric
}

export const FACES = ['windows', 'when', 'residuals', 'importance', 'tables'] as const
export type Face = (typeof FACES)[number]
export const MOST_SHOWN = 4

export interface Choice {
  metric: Metric
  /** null: all outputs together. */
  output: string | null
  jobs: string[]
  face: Face
  /** Number of a test window, or an instant. */
  origin: string
}

export type Model = LeaderboardRow & { job_id: string }

export function read(parameters: URLSearchParams): Choice {
  const origin = parameters.get('origin')
  return {
    metric: oneOf(METRICS, parameters.get('metric')) ?? 'MAE',
    output: parameters.get('output'),
    jobs: parameters.getAll('job').slice(0, MOST_SHOWN),
    face: oneOf(FACES, parameters.get('show')) ?? 'windows',
    origin: origin === null || origin === '' ? '0' : origin,
  }
}

export function write(choice: Choice): URLSearchParams {
  const parameters = new URLSearchParams()
  if (choice.metric !== 'MAE') parameters.set('metric', choice.metric)
  if (choice.output !== null) parameters.set('output', choice.output)
  choice.jobs.forEach((job) => parameters.append('job', job))
  if (choice.face !== 'windows') parameters.set('show', choice.face)
  if (choice.origin !== '0') parameters.set('origin', choice.origin)
  return parameters
}

export function useChoice(): [Choice, (change: Partial<Choice>) => void] {
  const [parameters, setParameters] = useSearchParams()
  const choice = useMemo(() => read(parameters), [parameters])
  const choose = useCallback(
    (change: Partial<Choice>) =>
      setParameters((before) => write({ ...read(before), ...change }), { replace: true, preventScrollReset: true }),
    [setParameters],
  )
  return [choice, choose]
}

/** The models of a group, best first. */
export function modelsOf(group: LeaderboardGroup): Model[] {
  return group.rows.filter((row): row is Model => row.kind === 'model' && row.job_id !== null)
}

/** Those that are shown: the chosen ones of the first one's group, else the best of the first group. */
export function shownOf(board: Pick<SessionLeaderboard, 'groups'>, jobs: string[]): Model[] {
  const first = jobs.find((job) => groupOf(board, job) !== undefined)
  const group = first === undefined ? board.groups[0] : groupOf(board, first)
  if (group === undefined) return []
  const models = modelsOf(group)
  const chosen = jobs.flatMap((job) => models.filter((model) => model.job_id === job))
  return chosen.length > 0 ? chosen : models.slice(0, 1)
}

/** Shown together are only models that the same windows judged. */
export function toggled(board: Pick<SessionLeaderboard, 'groups'>, shown: Model[], job: string): string[] {
  const jobs = shown.map((model) => model.job_id)
  if (jobs.includes(job)) return jobs.length > 1 ? jobs.filter((each) => each !== job) : jobs
  const together = groupOf(board, job) === groupOf(board, jobs[0] ?? '')
  return together ? [...jobs, job].slice(-MOST_SHOWN) : [job]
}

function groupOf(board: Pick<SessionLeaderboard, 'groups'>, job: string): LeaderboardGroup | undefined {
  return board.groups.find((group) => group.rows.some((row) => row.job_id === job))
}

function oneOf<T extends string>(known: readonly T[], wanted: string | null): T | undefined {
  return known.find((each) => each === wanted)
}

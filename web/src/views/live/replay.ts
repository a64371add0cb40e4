/** What a job has told so far: stored events put in order, each counted once, whatever way and how often they came. */
import type { Json } from '@/views/train/schema'

/** An event as `job.event` and the replay of `job.subscribe` tell it. */
export interface News {
  name: string
  type: string
  seq: number
  job_id: string
  attempt: number
  ts: string
  data: Record<string, unknown>
}

export interface Line {
  seq: number
  ts: string
  level: string
  message: string
}

export interface Baseline {
  name: string
  loss: number
}

export interface Horizon {
  baseline: string | null
  outputs: Record<string, { lead_minutes: number[]; model: number[]; baseline: number[] | null }>
}

/** A fold of a backtest or a trial of a search that has ended; without a value where it failed or was given up. */
export interface Part {
  number: number
  state: string
  /** By what is measured: the outputs of a fold, the one measure of a trial. */
  values: Record<string, number | null>
}

export interface Progress {
  phase: string | null
  percent: number
  unit: string | null
  current: number | null
  total: number | null
  epoch: number | null
  total_epochs: number | null
  rate: number | null
  rate_unit: string | null
  elapsed_s: number | null
  eta_s: number | null
  eta_is_upper_bound: boolean
  metrics: Record<string, number | null>
  best: { epoch: number | null; metric: string; value: number } | null
  learning_rate: number | null
  memory: { allocated_mb: number; total_mb: number } | null
  counts: Record<string, number>
  message: string | null
}

export interface MemorySample {
  ts: string
  mb: number
}

export interface Replay {
  /** Up to here everything was counted. */
  seq: number
  status: string | null
  requestedAction: string
  attempt: number
  progress: Partial<Progress>
  log: Line[]
  baseline: Baseline | null
  horizon: Horizon | null
  parts: readonly Part[]
  /** Of the newest event with metrics: curves are older than that. */
  metricsSeq: number
  /** Of the newest event after which the job as a whole has to be looked at again. */
  statusSeq: number
  memory: readonly MemorySample[]
  /** Came before those that precede them. */
  ahead: ReadonlyMap<number, News>
}

const MOST_LINES = 5_000
const MOST_SAMPLES = 600
const STATUSES = new Set(['job.status', 'job.completed', 'job.failed', 'job.cancelled'])

/** From behind this number on. */
export function beginAt(seq: number): Replay {
  return {
    seq,
    status: null,
    requestedAction: 'none',
    attempt: 0,
    progress: {},
    log: [],
    baseline: null,
    horizon: null,
    parts: [],
    metricsSeq: 0,
    statusSeq: 0,
    memory: [],
    ahead: new Map(),
  }
}

/** With these events too: known ones are passed over, those that are too early wait for what is before them. */
export function heard(replay: Replay, news: readonly News[]): Replay {
  const waiting = new Map(replay.ahead)
  for (const each of news) if (each.seq > replay.seq) waiting.set(each.seq, each)
  let known = replay
  let next = waiting.get(known.seq + 1)
  while (next !== undefined) {
    waiting.delete(next.seq)
    known = counted(known, next)
    next = waiting.get(known.seq + 1)
  }
  return known === replay && waiting.size === replay.ahead.size ? replay : { ...known, ahead: waiting }
}

/** Whether something between what is counted and what waits is missing: to be asked for behind `seq`. */
export function hasHole(replay: Replay): boolean {
  return replay.ahead.size > 0
}

function counted(before: Replay, { name, type, seq, attempt, ts, data }: News): Replay {
  const after: Replay = { ...before, seq, attempt }
  if (typeof data.percent === 'number') {
    after.progress = { ...before.progress, ...(data as Partial<Progress>) }
    const memory = (data as Partial<Progress>).memory
    if (memory) after.memory = thinned([...before.memory, { ts, mb: memory.allocated_mb }])
  }
  if (STATUSES.has(name)) {
    after.statusSeq = seq
    if (typeof data.status === 'string') after.status = data.status
    after.requestedAction = typeof data.requested_action === 'string' ? data.requested_action : 'none'
  }
  const line = lineOf({ type, seq, ts, data })
  if (line !== null) after.log = [...before.log, line].slice(-MOST_LINES)
  const part = partOf(type, data)
  if (part !== null) after.parts = withPart(before.parts, part)
  if (type === 'metrics') after.metricsSeq = seq
  if (type === 'started' && attempt > 1) after.metricsSeq = seq // what an earlier attempt told may be superseded
  if (type === 'fit_started') after.baseline = baselineOf(data.baseline)
  if (type === 'validated') after.horizon = horizonOf(data.horizon)
  return after
}

/** Of too many samples the greater of every two: the whole run stays in sight, and so does its peak. */
function thinned(samples: readonly MemorySample[]): readonly MemorySample[] {
  if (samples.length <= MOST_SAMPLES) return samples
  return samples.flatMap((one, place) => {
    const next = samples[place + 1]
    return place % 2 > 0 ? [] : [next !== undefined && next.mb > one.mb ? next : one]
  })
}

/** What only jobs with many events need: those before the first that was counted, of the kinds in EARLIER. */
export const EARLIER = ['log', 'fit_started', 'validated', 'fold', 'trial'] as const

/** With events from before the replay began; what is newer stays as it is. */
export function withEarlier(replay: Replay, began: number, news: readonly Told[]): Replay {
  const early = news.filter(({ seq }) => seq <= began)
  const newest = (type: string) => early.filter((each) => each.type === type).at(-1)?.data
  const known = new Set(replay.log.map(({ seq }) => seq))
  const lines = early.map(lineOf).filter((line) => line !== null && !known.has(line.seq)) as Line[]
  return {
    ...replay,
    log: [...lines, ...replay.log].sort((one, other) => one.seq - other.seq).slice(-MOST_LINES),
    baseline: replay.baseline ?? baselineOf(newest('fit_started')?.baseline),
    horizon: replay.horizon ?? horizonOf(newest('validated')?.horizon),
    parts: [...early.map(({ type, data }) => partOf(type, data)), ...replay.parts].reduce<readonly Part[]>(
      (parts, part) => (part === null ? parts : withPart(parts, part)),
      [],
    ),
  }
}

export type Told = Pick<News, 'type' | 'seq' | 'ts' | 'data'>

function lineOf({ type, seq, ts, data }: Told): Line | null {
  if (type !== 'log' || typeof data.message !== 'string') return null
  return { seq, ts, level: typeof data.level === 'string' ? data.level : 'info', message: data.message }
}

/** In the order of their numbers; one that was tried again counts once. */
function withPart(parts: readonly Part[], part: Part): readonly Part[] {
  return [...parts.filter(({ number }) => number !== part.number), part].sort((a, b) => a.number - b.number)
}

function partOf(type: string, data: Record<string, unknown>): Part | null {
  if (type === 'trial') {
    const { number, state, value } = (data.trial ?? {}) as { number?: Json; state?: Json; value?: Json }
    if (typeof number !== 'number') return null
    return {
      number,
      state: typeof state === 'string' ? state : '',
      values: { '': typeof value === 'number' ? value : null },
    }
  }
  if (type !== 'fold' || typeof data.fold !== 'number') return null
  const scores = Object.entries((data.scores ?? {}) as Record<string, { MAE?: Json }>)
  const values = scores.map(([name, { MAE }]) => [name, typeof MAE === 'number' ? MAE : null] as const)
  return { number: data.fold, state: 'completed', values: Object.fromEntries(values) }
}

function baselineOf(told: unknown): Baseline | null {
  const { name, loss } = (told ?? {}) as { name?: Json; loss?: Json }
  return typeof name === 'string' && typeof loss === 'number' ? { name, loss } : null
}

function horizonOf(told: unknown): Horizon | null {
  const horizon = told as Horizon | null | undefined
  return horizon && typeof horizon.outputs === 'object' ? horizon : null
}

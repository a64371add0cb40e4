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
  /** Of the newest event with metrics: curves are older than that. */
  metricsSeq: number
  /** Of the newest event after which the job as a whole has to be looked at again. */
  statusSeq: number
  memory: { ts: string; mb: number }[]
  /** Came before those that precede them. */
  ahead: ReadonlyMap<number, News>
}

const MOST_LINES = 1_000
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
    if (memory) after.memory = [...before.memory, { ts, mb: memory.allocated_mb }].slice(-MOST_SAMPLES)
  }
  if (STATUSES.has(name)) {
    after.statusSeq = seq
    if (typeof data.status === 'string') after.status = data.status
    after.requestedAction = typeof data.requested_action === 'string' ? data.requested_action : 'none'
  }
  if (type === 'log' && typeof data.message === 'string') {
    const level = typeof data.level === 'string' ? data.level : 'info'
    after.log = [...before.log, { seq, ts, level, message: data.message }].slice(-MOST_LINES)
  }
  if (type === 'metrics') after.metricsSeq = seq
  if (type === 'started' && attempt > 1) after.metricsSeq = seq // what an earlier attempt told may be superseded
  if (type === 'fit_started') after.baseline = baselineOf(data.baseline)
  if (type === 'validated') after.horizon = horizonOf(data.horizon)
  return after
}

function baselineOf(told: unknown): Baseline | null {
  const { name, loss } = (told ?? {}) as { name?: Json; loss?: Json }
  return typeof name === 'string' && typeof loss === 'number' ? { name, loss } : null
}

function horizonOf(told: unknown): Horizon | null {
  const horizon = told as Horizon | null | undefined
  return horizon && typeof horizon.outputs === 'object' ? horizon : null
}

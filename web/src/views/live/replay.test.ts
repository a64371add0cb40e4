import { describe, expect, it } from 'vitest'
import { soFar } from './parts'
import { beginAt, hasHole, heard, withEarlier, type News } from './replay'

function news(seq: number, type = 'progress', data: Record<string, unknown> = {}): News {
  const names: Record<string, string> = { log: 'job.log', metrics: 'job.epoch', started: 'job.status' }
  names.completed = 'job.completed'
  names.pause_requested = 'job.status'
  return { name: names[type] ?? 'job.progress', type, seq, job_id: 'j', attempt: 1, ts: `t${seq}`, data }
}
const log = (seq: number) => news(seq, 'log', { level: 'info', message: `line ${seq}` })

describe('what a job told', () => {
  it('counts every event once, however often it comes', () => {
    const first = heard(beginAt(0), [log(1), log(2)])
    const again = heard(first, [log(1), log(2)])
    expect(again).toBe(first)
    expect(again.log.map((line) => line.message)).toEqual(['line 1', 'line 2'])
  })

  it('waits for what is missing, and goes on when it has come', () => {
    const holed = heard(heard(beginAt(0), [log(1)]), [log(3), log(4)])
    expect(holed.seq).toBe(1)
    expect(hasHole(holed)).toBe(true)
    const whole = heard(holed, [log(2), log(3)])
    expect(whole.seq).toBe(4)
    expect(hasHole(whole)).toBe(false)
    expect(whole.log.map((line) => line.seq)).toEqual([1, 2, 3, 4])
  })

  it('is the same whatever order and pieces it came in', () => {
    const all = [
      news(1, 'started', { status: 'running' }),
      news(2, 'fit_started', { percent: 10, baseline: { name: 'last value', loss: 0.5 } }),
      log(3),
      news(4, 'metrics', { percent: 30, metrics: { loss: 1 }, memory: { allocated_mb: 5, total_mb: 9 } }),
      news(5, 'validated', { percent: 90, horizon: { baseline: null, outputs: {} } }),
      news(6, 'completed', { percent: 100, status: 'completed' }),
    ]
    const inOrder = heard(beginAt(0), all)
    const pieces = [all.slice(3, 5), all.slice(0, 2), all.slice(1, 4), all.slice(5), all]
    const mixed = pieces.reduce((known, piece) => heard(known, piece), beginAt(0))
    expect(mixed).toEqual(inOrder)
    expect(inOrder).toMatchObject({
      seq: 6,
      status: 'completed',
      metricsSeq: 4,
      statusSeq: 6,
      baseline: { name: 'last value' },
      progress: { percent: 100, metrics: { loss: 1 } },
      memory: [{ mb: 5 }],
    })
  })

  it('begins behind a number, and never takes what is before it', () => {
    const late = heard(beginAt(10), [log(9), log(10), log(11)])
    expect(late.log.map((line) => line.seq)).toEqual([11])
  })

  it('forgets a request when the status has changed', () => {
    const asked = heard(beginAt(0), [news(1, 'pause_requested', { status: 'running', requested_action: 'pause' })])
    expect(asked.requestedAction).toBe('pause')
    expect(heard(asked, [news(2, 'completed', { status: 'completed' })]).requestedAction).toBe('none')
  })

  it('takes what came before the replay began, and no event twice', () => {
    const all = [
      log(1),
      news(2, 'fit_started', { baseline: { name: 'last value', loss: 0.5 } }),
      news(3, 'trial', { trial: { number: 1, state: 'complete', value: 4 } }),
      log(4),
      news(5, 'trial', { trial: { number: 2, state: 'failed', value: null } }),
      log(6),
      news(7, 'trial', { trial: { number: 1, state: 'complete', value: 3 } }),
    ]
    const late = heard(beginAt(4), all)
    expect(late.log.map(({ seq }) => seq)).toEqual([6])
    const whole = withEarlier(late, 4, [...all.slice(0, 4), log(6)])
    expect(whole).toMatchObject({ ...heard(beginAt(0), all), statusSeq: late.statusSeq })
    expect(whole.parts).toEqual([
      { number: 1, state: 'complete', values: { '': 3 } },
      { number: 2, state: 'failed', values: { '': null } },
    ])
  })

  it('counts a fold by its outputs', () => {
    const told = heard(beginAt(0), [news(1, 'fold', { fold: 3, of: 5, scores: { Load: { MAE: 2, RMSE: 3 } } })])
    expect(told.parts).toEqual([{ number: 3, state: 'completed', values: { Load: 2 } }])
  })
})

describe('what values come to', () => {
  it('is the least or the mean of those so far', () => {
    expect(soFar([null, 4, 5, null, 3], 'least')).toEqual([null, 4, 4, 4, 3])
    expect(soFar([4, null, 2], 'mean')).toEqual([4, 4, 3])
  })
})

import { describe, expect, it } from 'vitest'
import { beginAt, hasHole, heard, type News } from './replay'

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
})

/** What is chosen survives the address, and only models of one group are laid over each other; fans take mirrored levels. */
import { describe, expect, it } from 'vitest'
import type { LeaderboardGroup, LeaderboardRow, TestWindow } from '@/api/schema'
import { read, shownOf, toggled, write } from './choice'
import { intervals, linesOf } from './fan'

function group(...jobs: (string | null)[]): LeaderboardGroup {
  const rows = jobs.map((job_id) => ({ kind: job_id === null ? 'baseline' : 'model', job_id }) as LeaderboardRow)
  return { rows } as LeaderboardGroup
}

const board = { groups: [group(null, 'a', 'b', 'c'), group('x', null)] }

describe('the choice', () => {
  it('comes back from the address', () => {
    const choice = { metric: 'skill', output: 'Last [kW]', jobs: ['a', 'b'], face: 'when', origin: '12' } as const
    expect(read(write({ ...choice, jobs: [...choice.jobs] }))).toEqual(choice)
  })

  it('ignores what an address should not say', () => {
    const choice = read(new URLSearchParams('metric=best&show=all&job=a&job=b&job=c&job=d&job=e&origin='))
    expect(choice).toMatchObject({ metric: 'MAE', face: 'windows', origin: '0', output: null })
    expect(choice.jobs).toHaveLength(4)
  })

  it('begins with the best model and leaves out what is gone', () => {
    const names = (jobs: string[]) => shownOf(board, jobs).map((model) => model.job_id)
    expect(names([])).toEqual(['a'])
    expect(names(['gone', 'b', 'a'])).toEqual(['b', 'a'])
    expect(names(['x', 'a'])).toEqual(['x'])
    expect(shownOf({ groups: [] }, ['a'])).toEqual([])
  })

  it('lays only models of one group over each other, and never none', () => {
    const shown = shownOf(board, ['a', 'b'])
    expect(toggled(board, shown, 'c')).toEqual(['a', 'b', 'c'])
    expect(toggled(board, shown, 'a')).toEqual(['b'])
    expect(toggled(board, shown, 'x')).toEqual(['x'])
    expect(toggled(board, shown.slice(0, 1), 'a')).toEqual(['a'])
  })
})

describe('the fan', () => {
  it('takes the widest interval and about half', () => {
    const levels = ['0.05', '0.1', '0.25', '0.5', '0.75', '0.9', '0.95']
    expect(intervals(levels)).toEqual([
      ['0.05', '0.95'],
      ['0.25', '0.75'],
    ])
    expect(intervals(['0.2', '0.5'])).toEqual([])
    expect(intervals(['0.9', '0.1'])).toEqual([['0.1', '0.9']])
  })

  it('fills between the two lines of an interval and draws the truth last', () => {
    const window = { truth: [1], forecast: [2], baseline: [3], quantiles: { '0.1': [0], '0.9': [5] } } as unknown
    const words = { truth: 'truth', baseline: (name: string) => name, quantile: (level: string) => level }
    const told = [{ name: 'LIN', colour: '#000000', window: window as TestWindow }]
    const lines = linesOf(told, 'last value', words, { text: '#111111', baseline: '#222222' })
    expect(lines.map((line) => line.label)).toEqual(['0.1', '0.9', 'last value', 'LIN', 'truth'])
    expect(lines[1]?.fillTo).toBe(0)
    expect(linesOf([], null, words, { text: '', baseline: '' })).toEqual([])
  })
})

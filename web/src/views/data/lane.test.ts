import { describe, expect, it } from 'vitest'
import type { Finding } from '@/api/schema'
import { markAt, marksOf } from './lane'

function finding(kind: Finding['kind'], from: string, to: string): Finding {
  return { kind, from, to, rows: 1, size: 1, unit: 'rows', severity: 'low', message: '', fix: null }
}

const FOUND = [
  finding('spike', '2024-01-03T00:00:00Z', '2024-01-03T00:00:00Z'),
  finding('gap', '2024-01-01T00:00:00Z', '2024-01-02T00:00:00Z'),
  finding('gap', '2024-01-05T00:00:00Z', '2024-01-06T00:00:00Z'),
]

describe('the lane', () => {
  it('has a row per kind, the most frequent first', () => {
    const { kinds, marks } = marksOf(FOUND)
    expect(kinds).toEqual(['gap', 'spike'])
    expect(marks.map((mark) => mark.row)).toEqual([1, 0, 0])
  })

  it('finds what was pointed at, or what is nearest', () => {
    const { marks } = marksOf(FOUND)
    const hour = 3_600_000
    expect(markAt(marks, 0, Date.parse('2024-01-01T12:00:00Z'), 0)?.finding).toBe(FOUND[1])
    expect(markAt(marks, 1, Date.parse('2024-01-03T02:00:00Z'), 3 * hour)?.finding).toBe(FOUND[0])
    expect(markAt(marks, 1, Date.parse('2024-01-03T02:00:00Z'), hour)).toBeNull()
  })
})

import { describe, expect, it } from 'vitest'
import { aligned, belowBaseline } from './curves'

const curve = (places: number[], value: (number | null)[], epoch: (number | null)[] = places) => ({
  step: places.map((place) => place * 10),
  epoch,
  attempt: places.map(() => 1),
  value,
})

describe('curves on one axis', () => {
  it('are joined where they were thinned differently, without inventing a beginning or an end', () => {
    const { x, columns } = aligned({ a: curve([1, 3], [1, 3]), b: curve([1, 2, 4], [5, 6, 8]) })
    expect(x).toEqual([1, 2, 3, 4])
    expect(columns.a).toEqual([1, 2, 3, null])
    expect(columns.b).toEqual([5, 6, 7, 8])
  })

  it('keep gaps of what was no number', () => {
    const { columns } = aligned({ a: curve([1, 2, 3], [1, null, 3]), b: curve([1, 2, 3], [1, 1, 1]) })
    expect(columns.a).toEqual([1, null, 3])
  })

  it('go over steps where a point has no epoch', () => {
    expect(aligned({ a: curve([1, 2], [1, 1], [1, null]) }).x).toEqual([10, 20])
    expect(aligned({ a: undefined }).x).toEqual([])
  })

  it('are judged by their best value', () => {
    expect(belowBaseline([4, null, 1], 2)).toBe(0.5)
    expect(belowBaseline([4], 2)).toBe(-1)
    expect(belowBaseline([null], 2)).toBeNull()
  })
})

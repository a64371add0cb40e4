/** Gaps are full when every one has a number; what is held is the value before. */
import { describe, expect, it } from 'vitest'
import type { FilledFeature } from '@/api/schema'
import { given, held, stillMissing, timesOf, typedNumber } from './filling'

const FEATURE: FilledFeature = {
  name: 'Temperature',
  role: 'input',
  file_id: null,
  known_ahead: true,
  times: ['a', 'b', 'c', 'd'],
  values: [1.5, null, null, null],
  origins: ['measured', 'missing', 'missing', 'missing'],
}
const MISSING = [
  { feature: 'Temperature', times: ['b', 'c', 'd'] },
  { feature: 'Wind', times: ['c', 'e'] },
]

describe('typedNumber', () => {
  it('takes a comma and refuses what is no number', () => {
    expect(['4,5', ' 7 ', '-1e2', '', 'warm', undefined].map(typedNumber)).toEqual([4.5, 7, -100, null, null, null])
  })
})

describe('given', () => {
  it('holds numbers alone', () => {
    expect(given({ Temperature: { b: '2,5', c: 'x' }, Wind: { e: '' } })).toEqual({ Temperature: { b: 2.5 } })
  })
})

describe('stillMissing', () => {
  it('counts the gaps without a number', () => {
    expect(stillMissing(MISSING, {})).toBe(5)
    expect(stillMissing(MISSING, { Temperature: { b: '1', c: '2', d: 'x' }, Wind: { c: '0', e: '3' } })).toBe(1)
  })
})

describe('held', () => {
  it('goes on with the last known value, or the last that was typed', () => {
    expect(held(FEATURE, {}).Temperature).toEqual({ b: '1.5', c: '1.5', d: '1.5' })
    expect(held(FEATURE, { Temperature: { c: '4' } }).Temperature).toEqual({ b: '1.5', c: '4', d: '4' })
    expect(held({ ...FEATURE, values: [null, null, null, null] }, {}).Temperature).toEqual({})
  })
})

describe('timesOf', () => {
  it('are the rows of the table, each once', () => {
    expect(timesOf(MISSING)).toEqual(['b', 'c', 'd', 'e'])
  })
})

/** Error tables: sorted with the undefined last, copied so that a spreadsheet takes them. */
import { describe, expect, it } from 'vitest'
import { flat, sorted, tabbed } from './table'

const table = flat({ 'delta [min]': [60, 120, 180], MAE: [2, null, 1] })

describe('a table', () => {
  it('has rows of the columns', () => {
    expect(table.columns).toEqual(['delta [min]', 'MAE'])
    expect(table.rows).toEqual([
      [60, 2],
      [120, null],
      [180, 1],
    ])
    expect(flat({}).rows).toEqual([])
  })

  it('is sorted either way, the undefined last', () => {
    const first = (down: boolean) => sorted(table, { column: 1, down }).map((row) => row[0])
    expect(first(false)).toEqual([180, 60, 120])
    expect(first(true)).toEqual([60, 180, 120])
    expect(sorted(table, null)).toBe(table.rows)
  })

  it('is copied with tabs', () => {
    expect(tabbed(table)).toBe('delta [min]\tMAE\n60\t2\n120\t\n180\t1')
  })
})

/** The heat map: colours follow the numbers, the keyboard reaches every cell, labels are thinned. */
import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it, vi } from 'vitest'
import { ends, HeatMap, shares, thinned } from './HeatMap'

describe('shares', () => {
  it('goes from the least to the greatest', () => {
    const share = shares([2, null, 6], 'sequential')
    expect([share(2), share(4), share(6)]).toEqual([0, 0.5, 1])
    expect(shares([3, 3], 'sequential')(3)).toBe(0)
  })

  it('keeps zero in the middle', () => {
    const share = shares([-0.5, 0.25], 'diverging')
    expect([share(-0.5), share(0), share(0.25)]).toEqual([-1, 0, 0.5])
    expect(shares([], 'diverging')(0)).toBe(0)
  })
})

describe('ends', () => {
  const row = (values: (number | null)[], beyond = false) => ({ key: '', label: '', values, beyond })

  it('are those of the rows that the ramp reaches out for', () => {
    expect(ends([row([2, null, 5]), row([90], true)], 'sequential')).toEqual([2, 5])
    expect(ends([row([90], true)], 'sequential')).toEqual([90, 90])
  })

  it('mirror each other where zero is the middle', () => {
    expect(ends([row([-3, 1])], 'diverging')).toEqual([-3, 3])
  })
})

describe('thinned', () => {
  it('writes every n-th label', () => {
    expect(thinned(['a', 'b', 'c', 'd', 'e'], 2)).toEqual(['a', '', '', 'd', ''])
    expect(thinned(['a', 'b'], 2)).toEqual(['a', 'b'])
  })
})

describe('HeatMap', () => {
  it('is one stop of the tab key, and the arrows move inside', async () => {
    const picked = vi.fn()
    const rows = [
      { key: 'a', label: 'A', values: [1, 2] },
      { key: 'b', label: 'B', values: [3, null] },
    ]
    render(
      <HeatMap
        title="Errors"
        rows={rows}
        columns={['1', '2']}
        kind="sequential"
        describe={(row, column) => `${rows[row]?.label ?? ''} ${rows[row]?.values[column] ?? 'unknown'}`}
        onPick={picked}
      />,
    )
    const user = userEvent.setup()
    await user.tab()
    expect(screen.getByLabelText('A 1')).toBe(document.activeElement)
    await user.keyboard('{ArrowRight}{ArrowDown}{ArrowDown}')
    expect(screen.getByLabelText('B unknown')).toBe(document.activeElement)
    await user.keyboard('{Enter}')
    expect(picked).toHaveBeenCalledWith(1, 1)
    await user.tab()
    expect(document.body).toBe(document.activeElement)
  })
})

import { describe, expect, it } from 'vitest'
import { around, best, moved, suffices, toFetch, within, zoomed, type Range } from './viewport'

const WHOLE: Range = [0, 1_000_000]

describe('zoom', () => {
  it('keeps the instant under the cursor where it is', () => {
    const range = zoomed([200_000, 400_000], 0.5, 250_000, WHOLE, 1)
    expect(range).toEqual([225_000, 325_000])
    expect((250_000 - range[0]) / (range[1] - range[0])).toBeCloseTo(0.25)
  })

  it('never leaves the series, nor goes closer than some rows', () => {
    expect(zoomed([0, 1_000_000], 3, 100, WHOLE, 1)).toEqual(WHOLE)
    const close = zoomed([500_000, 500_400], 0.001, 500_100, WHOLE, 60)
    expect(close[1] - close[0]).toBe(1200)
    expect(zoomed([900_000, 1_000_000], 2, 990_000, WHOLE, 1)[1]).toBe(1_000_000)
  })
})

describe('moves', () => {
  it('keep the width at the ends', () => {
    expect(moved([100, 300], -5, WHOLE)).toEqual([0, 200])
    expect(moved([999_000, 999_900], 2, WHOLE)).toEqual([999_100, 1_000_000])
    expect(within([-50, 2_000_000], WHOLE)).toEqual(WHOLE)
  })

  it('to a finding leave room around it', () => {
    const [from, to] = around(500_000, 500_010, WHOLE, 10)
    expect(from).toBeLessThan(500_000)
    expect(to).toBeGreaterThan(500_010)
  })
})

describe('what is fetched', () => {
  it('is more than what is in sight, and nothing where nearly all is', () => {
    expect(toFetch([400_000, 500_000], WHOLE)).toEqual([325_000, 575_000])
    expect(toFetch([0, 900_000], WHOLE)).toBeNull()
    expect(toFetch([0, 100_000], WHOLE)).toEqual([0, 175_000])
  })

  it('is fetched again where it is too coarse or does not cover', () => {
    const line = { from: 0, to: 1_000_000, bucket: 1000 }
    expect(suffices(line, WHOLE, WHOLE, 1000)).toBe(true)
    expect(suffices(line, [0, 100_000], WHOLE, 1000)).toBe(false)
    expect(suffices({ ...line, bucket: 0 }, [0, 10], WHOLE, 1000)).toBe(true)
    expect(suffices({ from: 50, to: 90, bucket: 0 }, [40, 80], WHOLE, 1000)).toBe(false)
  })

  it('is drawn where it covers, the finest first; else the whole series', () => {
    const whole = { from: 0, to: 1_000_000, bucket: 1000 }
    const part = { from: 100, to: 500, bucket: 0 }
    expect(best([whole, part], [200, 300])).toBe(part)
    expect(best([whole, part], [200, 600])).toBe(whole)
    expect(best<typeof whole>([], [0, 1])).toBeUndefined()
  })
})

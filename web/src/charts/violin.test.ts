/** Violins are as wide as the density says and as high as the values lie. */
import { describe, expect, it } from 'vitest'
import { axisTicks, outline, quantile, span, type Shape } from './violin'

const SHAPE: Shape = {
  density: { at: [0, 5, 10], height: [0.2, 1, 0] },
  quantiles: { '0.0': 0, '0.5': 4, '1.0': 10 },
}
const NOTHING: Shape = { density: null, quantiles: null }

describe('outline', () => {
  it('goes up on the right and comes back on the left, the same width on both sides', () => {
    const drawn = outline(SHAPE, 50, 20, (value) => 100 - value * 10)
    expect(drawn).toBe('M54 100L70 50L50 0L50 0L30 50L46 100Z')
  })

  it('is nothing where there is no density', () => {
    expect(outline(NOTHING, 0, 1, (value) => value)).toBeNull()
  })
})

describe('quantile', () => {
  it('is found by its number', () => {
    expect([quantile(SHAPE, 0), quantile(SHAPE, 0.5), quantile(SHAPE, 1)]).toEqual([0, 4, 10])
    expect(quantile(SHAPE, 0.9)).toBeNull()
    expect(quantile(NOTHING, 0.5)).toBeNull()
  })
})

describe('span', () => {
  it('holds every group, and a constant has room around it', () => {
    const other: Shape = { density: null, quantiles: { '0.0': -5, '1.0': -5 } }
    const { low, high } = span([SHAPE, other, NOTHING])
    expect(low).toBeLessThan(-5)
    expect(high).toBeGreaterThan(10)
    const constant = span([other])
    expect(constant.low).toBeLessThan(-5)
    expect(constant.high).toBeGreaterThan(-5)
    expect(span([NOTHING])).toEqual({ low: 0, high: 1 })
  })
})

describe('axisTicks', () => {
  it('are round and lie within', () => {
    expect(axisTicks(-0.2, 10.3)).toEqual([0, 5, 10])
    expect(axisTicks(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1])
    expect(axisTicks(98.3, 301.7)).toEqual([100, 150, 200, 250, 300])
  })
})

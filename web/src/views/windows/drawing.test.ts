/** The picture of a window is to scale: distances on it are distances in time. */
import { describe, expect, it } from 'vitest'
import { domain, extent, path, points, scale, ticks } from './drawing'

const REFERENCE = '2024-03-31T00:00:00Z'

describe('points', () => {
  it('count hours from the reference time, across a change of the clock too', () => {
    const found = points(['2024-03-30T21:00:00Z', '2024-03-31T02:30:00Z'], [1, null], REFERENCE)
    expect(found).toEqual([
      { hour: -3, value: 1 },
      { hour: 2.5, value: null },
    ])
  })
})

describe('domain', () => {
  it('holds every range and the reference time, with the same margin on both sides', () => {
    expect(domain([{ start: -24, end: 0 }], 0)).toEqual({ start: -24, end: 0 })
    expect(domain([{ start: 6, end: 10 }], 0)).toEqual({ start: 0, end: 10 })
    const wide = domain(
      [
        { start: -20, end: 0 },
        { start: 1, end: 20 },
      ],
      0.1,
    )
    expect(wide).toEqual({ start: -24, end: 24 })
  })

  it('of nothing is not empty', () => {
    const { start, end } = domain([])
    expect(end).toBeGreaterThan(start)
  })
})

describe('scale', () => {
  it('makes equal hours equally wide', () => {
    const x = scale({ start: -24, end: 24 }, { start: 50, end: 530 })
    expect(x(-24)).toBe(50)
    expect(x(0)).toBe(290)
    expect(x(24)).toBe(530)
    expect(x(7) - x(6)).toBeCloseTo(x(-11) - x(-12))
  })

  it('turns the values upside down for the screen', () => {
    const y = scale({ start: 0, end: 100 }, { start: 90, end: 10 })
    expect([y(0), y(50), y(100)]).toEqual([90, 50, 10])
  })
})

describe('extent', () => {
  it('leaves out what is missing and gives a constant room', () => {
    expect(
      extent([
        [
          { hour: 0, value: null },
          { hour: 1, value: 3 },
        ],
        [{ hour: 0, value: -2 }],
      ]),
    ).toEqual({
      start: -2,
      end: 3,
    })
    expect(extent([[{ hour: 0, value: 5 }]])).toEqual({ start: 4, end: 6 })
    expect(extent([[{ hour: 0, value: null }]])).toEqual({ start: 0, end: 1 })
  })
})

describe('path', () => {
  it('breaks at a missing value and never draws across it', () => {
    const line = [1, 2, null, 4, null, 6].map((value, hour) => ({ hour, value }))
    const drawn = path(
      line,
      (hour) => hour * 10,
      (value) => value,
    )
    expect(drawn).toBe('M0 1L10 2M30 4M50 6')
  })
})

describe('ticks', () => {
  it('are hours that people count in, not more than wanted', () => {
    expect(ticks({ start: -25, end: 25 }, 10)).toEqual([-24, -18, -12, -6, 0, 6, 12, 18, 24])
    expect(ticks({ start: -2, end: 2 }, 8)).toEqual([-2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2])
    for (const width of [0.5, 3, 30, 400, 20_000, 90_000]) {
      const found = ticks({ start: -width, end: width }, 9)
      expect(found.length).toBeLessThanOrEqual(11)
      expect(found).toContain(0)
    }
  })
})

import { describe, expect, it } from 'vitest'
import { bytesThere, chunkBytes, chunkCount, chunkRange, Pace } from './chunks'

describe('chunks', () => {
  it('cover a file without a hole or an overlap', () => {
    for (const size of [1, 1024 * 1024, 1024 * 1024 + 1, 104_159_171]) {
      const bytes = chunkBytes(size)
      let end = 0
      for (let index = 0; index < chunkCount(size, bytes); index++) {
        const [start, next] = chunkRange(index, size, bytes)
        expect(start).toBe(end)
        expect(next).toBeGreaterThan(start)
        end = next
      }
      expect(end).toBe(size)
    }
  })

  it('are few even of a large file, and an empty file has one', () => {
    expect(chunkCount(0, chunkBytes(0))).toBe(1)
    expect(chunkCount(2e9, chunkBytes(2e9))).toBeLessThanOrEqual(200)
    expect(chunkBytes(100_000)).toBe(1024 * 1024)
  })

  it('that are missing are not counted, the short last one included', () => {
    expect(bytesThere([], 25, 10)).toBe(25)
    expect(bytesThere([2], 25, 10)).toBe(20)
    expect(bytesThere([0, 2], 25, 10)).toBe(10)
    expect(bytesThere([0, 1, 2], 25, 10)).toBe(0)
  })
})

describe('pace', () => {
  it('says nothing before there is something to compare', () => {
    const pace = new Pace()
    expect(pace.speed()).toBeNull()
    pace.mark(0, 0)
    expect(pace.remaining(100)).toBeNull()
  })

  it('follows the last seconds only', () => {
    const pace = new Pace()
    for (let second = 0; second <= 10; second++) pace.mark(second * 100, second * 1000)
    for (let second = 11; second <= 20; second++) pace.mark(1000 + (second - 10) * 1000, second * 1000)
    expect(pace.speed()).toBe(1000)
    expect(pace.remaining(5000)).toBe(5)
  })

  it('has no end in sight while nothing moves', () => {
    const pace = new Pace()
    pace.mark(500, 0)
    pace.mark(500, 2000)
    expect(pace.remaining(10)).toBeNull()
  })
})

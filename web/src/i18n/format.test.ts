import { describe, expect, it } from 'vitest'
import { formats } from './format'

describe('numbers among others', () => {
  const { among } = formats('en')

  it('are as fine as their spread asks for', () => {
    expect(among(-9.2e-15, 2)).toBe('0')
    expect(among(-0.00004, 2)).toBe('0')
    expect(among(4500.2678, 900)).toBe('4,500.3')
    expect(among(5.000123, 0.001)).toBe('5.000123')
    expect(among(1_234_567, 2_000_000)).toBe('1,235,000')
  })

  it('are written by their own digits where nothing spreads', () => {
    expect(among(21.123456, 0)).toBe('21.12')
    expect(among(null, 3)).toBe('–')
  })
})

describe('shares', () => {
  it('are written in percent, without tenths where there are thousands', () => {
    const { percent } = formats('en')
    expect([percent(0.3151), percent(-4.716), percent(-18.386)]).toEqual(['31.5%', '-471.6%', '-1,839%'])
  })
})

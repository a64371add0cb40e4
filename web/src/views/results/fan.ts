/** A test window as lines: truth, forecasts of several models, the best baseline, and a fan of quantiles. */
import type { TestWindow } from '@/api/schema'
import type { Line } from '@/charts/LineChart'

export interface Told {
  name: string
  colour: string
  window: TestWindow
}

interface Words {
  truth: string
  baseline: (name: string) => string
  quantile: (level: string) => string
}

interface Looks {
  text: string
  baseline: string
}

/** The fan belongs to the first model: its widest interval and the one nearest to half of all values. */
export function linesOf(told: Told[], baseline: string | null, words: Words, looks: Looks): Line[] {
  const [first] = told
  if (first === undefined) return []
  const lines: Line[] = []
  for (const [low, high] of intervals(Object.keys(first.window.quantiles ?? {}))) {
    const at = (level: string) => first.window.quantiles?.[level] ?? []
    lines.push({ label: words.quantile(low), values: at(low), colour: first.colour, width: 0.4 })
    lines.push({
      label: words.quantile(high),
      values: at(high),
      colour: first.colour,
      width: 0.4,
      fillTo: lines.length - 1,
    })
  }
  if (baseline !== null && first.window.baseline)
    lines.push({
      label: words.baseline(baseline),
      values: first.window.baseline,
      colour: looks.baseline,
      dash: [6, 4],
    })
  for (const { name, colour, window } of told)
    lines.push({ label: name, values: window.forecast, colour, width: 2, points: window.forecast.length < 2 })
  lines.push({
    label: words.truth,
    values: first.window.truth,
    colour: looks.text,
    width: 2,
    points: first.window.truth.length < 2,
  })
  return lines
}

/** Pairs of levels that mirror each other: the widest, and the one that covers about half. */
export function intervals(levels: string[]): [string, string][] {
  const sorted = [...levels].sort((one, other) => Number(one) - Number(other))
  const pairs = sorted.flatMap((low): [string, string][] => {
    const high = sorted.find((level) => Math.abs(Number(low) + Number(level) - 1) < 1e-9)
    return high !== undefined && Number(low) < Number(high) ? [[low, high]] : []
  })
  const [widest] = pairs
  if (widest === undefined) return []
  const width = ([low, high]: [string, string]) => Number(high) - Number(low)
  const half = pairs.reduce((best, pair) => (Math.abs(width(pair) - 0.5) < Math.abs(width(best) - 0.5) ? pair : best))
  return half === widest ? [widest] : [widest, half]
}

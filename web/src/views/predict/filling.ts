/** Values that a person types for what no file knows: kept by column and time, complete when every gap has a number. */
import type { FilledFeature, MissingInput } from '@/api/schema'

/** Texts by column and time, as they are typed. */
export type Typed = Readonly<Record<string, Readonly<Record<string, string>>>>

export function typedNumber(text: string | undefined): number | null {
  const trimmed = (text ?? '').trim().replace(',', '.')
  if (trimmed === '') return null
  const value = Number(trimmed)
  return Number.isFinite(value) ? value : null
}

/** What the server takes as `given`: the numbers among the texts. */
export function given(typed: Typed): Record<string, Record<string, number>> {
  const columns = Object.entries(typed).map(([feature, cells]) => {
    const numbers = Object.entries(cells).flatMap(([time, text]) => {
      const value = typedNumber(text)
      return value === null ? [] : [[time, value] as const]
    })
    return [feature, Object.fromEntries(numbers)] as const
  })
  return Object.fromEntries(columns.filter(([, cells]) => Object.keys(cells).length > 0))
}

/** How many values are neither known nor typed. */
export function stillMissing(missing: readonly MissingInput[], typed: Typed): number {
  return missing.reduce(
    (sum, { feature, times }) => sum + times.filter((time) => typedNumber(typed[feature]?.[time]) === null).length,
    0,
  )
}

/** Whether a column has a value in this window that could be held. */
export function isPartlyKnown(features: readonly FilledFeature[], name: string): boolean {
  return features.find((each) => each.name === name)?.values.some((value) => value !== null) ?? false
}

/** Every gap of a column with its last known value before; a column that knows nothing stays as it is. */
export function held(feature: FilledFeature, typed: Typed): Typed {
  const cells: Record<string, string> = { ...typed[feature.name] }
  let last: number | null = null
  feature.times.forEach((time, step) => {
    last = feature.values[step] ?? typedNumber(cells[time]) ?? last
    if (feature.values[step] === null && last !== null) cells[time] = String(last)
  })
  return { ...typed, [feature.name]: cells }
}

/** All times at which anything is missing, ascending, so that a table has a row for each. */
export function timesOf(missing: readonly MissingInput[]): string[] {
  return [...new Set(missing.flatMap(({ times }) => times))].sort()
}

/** Metric columns made ready to be drawn: one x for all, gaps where a curve has no point. */
import type { CurveColumns } from '@/api/schema'

export interface Aligned {
  x: number[]
  columns: Record<string, (number | null)[]>
}

/** Curves over epochs where every point has one, else over steps; thinned curves need not have the same places. */
export function aligned(curves: Record<string, CurveColumns | undefined>): Aligned {
  const given = Object.entries(curves).filter((each): each is [string, CurveColumns] => each[1] !== undefined)
  const inEpochs = given.every(([, curve]) => curve.epoch.every((epoch) => epoch !== null))
  const placed = given.map(([name, curve]) => {
    const places = inEpochs ? (curve.epoch as number[]) : curve.step
    return [name, new Map(places.map((place, index) => [place, curve.value[index] ?? null]))] as const
  })
  const x = [...new Set(placed.flatMap(([, points]) => [...points.keys()]))].sort((one, other) => one - other)
  return { x, columns: Object.fromEntries(placed.map(([name, points]) => [name, filled(x, points)])) }
}

/** By how much the best value is below the baseline; negative: above. Null where nothing was measured. */
export function belowBaseline(values: readonly (number | null)[], baseline: number): number | null {
  const known = values.filter((value) => value !== null)
  if (known.length === 0 || baseline <= 0) return null
  return 1 - Math.min(...known) / baseline
}

/** Where another curve has a point that this one was thinned out of, a straight line is drawn; outside it nothing. */
function filled(x: readonly number[], points: ReadonlyMap<number, number | null>): (number | null)[] {
  const known = x.filter((place) => points.has(place))
  let next = 0
  return x.map((place) => {
    while (next < known.length && (known[next] ?? 0) < place) next += 1
    if (points.has(place)) return points.get(place) ?? null
    const before = known[next - 1]
    const after = known[next]
    if (before === undefined || after === undefined) return null
    const [low, high] = [points.get(before) ?? null, points.get(after) ?? null]
    return low === null || high === null ? null : low + ((high - low) * (place - before)) / (after - before)
  })
}

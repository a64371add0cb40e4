/** Geometry of violins: outlines in slots beside each other, from densities that the server counted. */

export interface Shape {
  density: { at: number[]; height: number[] } | null
  quantiles: Record<string, number> | null
}

/** The closed outline around the middle of a slot; null for a constant and for a group without values. */
export function outline(shape: Shape, middle: number, halfWidth: number, y: (value: number) => number): string | null {
  if (shape.density === null) return null
  const { at, height } = shape.density
  const right = at.map((value, index) => `${rounded(middle + halfWidth * (height[index] ?? 0))} ${rounded(y(value))}`)
  const left = at.map((value, index) => `${rounded(middle - halfWidth * (height[index] ?? 0))} ${rounded(y(value))}`)
  return `M${right.join('L')}L${left.reverse().join('L')}Z`
}

/** A quantile by its level, however the server writes the number. */
export function quantile(shape: Shape, level: number): number | null {
  const found = Object.entries(shape.quantiles ?? {}).find(([key]) => Math.abs(Number(key) - level) < 1e-9)
  return found ? found[1] : null
}

/** From the least to the greatest value of all shapes, with a little room. */
export function span(shapes: readonly Shape[]): { low: number; high: number } {
  const lows = shapes.flatMap((shape) => quantile(shape, 0) ?? [])
  const highs = shapes.flatMap((shape) => quantile(shape, 1) ?? [])
  if (lows.length === 0) return { low: 0, high: 1 }
  const low = Math.min(...lows)
  const high = Math.max(...highs)
  const room = (high - low || Math.abs(low) || 1) * 0.04
  return { low: low - room, high: high + room }
}

/** Round values on an axis, about so many. */
export function axisTicks(low: number, high: number, about = 5): number[] {
  const raw = (high - low) / about
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => raw <= each) ?? raw
  const first = Math.ceil(low / step - 1e-9)
  const count = Math.floor(high / step + 1e-9) - first + 1
  return Array.from({ length: Math.max(0, count) }, (_, index) => Number(((first + index) * step).toPrecision(12)))
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10
}

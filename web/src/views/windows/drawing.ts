/** Geometry of a window drawn to scale: hours to pixels, lanes of values, ticks that people count in. */

const HOUR = 3_600_000
const STEPS = [0.25, 0.5, 1, 2, 3, 6, 12, 24, 48, 72, 168, 336, 720, 2160, 8760]

export interface Point {
  /** Hours from the reference time. */
  hour: number
  value: number | null
}

export interface Range {
  start: number
  end: number
}

/** Points of instants; ascending as they come. */
export function points(times: readonly string[], values: readonly (number | null)[], reference: string): Point[] {
  const zero = Date.parse(reference)
  return times.map((time, index) => ({ hour: (Date.parse(time) - zero) / HOUR, value: values[index] ?? null }))
}

/** What must be seen: all ranges and the reference time, with a margin on both sides. */
export function domain(ranges: readonly Range[], margin = 0.12): Range {
  const start = Math.min(0, ...ranges.map((range) => range.start))
  const end = Math.max(0, ...ranges.map((range) => range.end))
  const room = (end - start || 1) * margin
  return { start: start - room, end: end + room }
}

/** A linear scale, the same for all lanes: an hour is as wide everywhere. */
export function scale(from: Range, to: Range): (value: number) => number {
  const factor = (to.end - to.start) / (from.end - from.start || 1)
  return (value) => to.start + (value - from.start) * factor
}

/** From the least to the greatest number; a constant lies in the middle. */
export function extent(lines: readonly (readonly Point[])[]): Range {
  let start = Infinity
  let end = -Infinity
  for (const line of lines)
    for (const { value } of line)
      if (value !== null) {
        start = Math.min(start, value)
        end = Math.max(end, value)
      }
  if (start > end) return { start: 0, end: 1 }
  return start === end ? { start: start - 1, end: end + 1 } : { start, end }
}

/** An SVG path that breaks where a value is missing. */
export function path(line: readonly Point[], x: (hour: number) => number, y: (value: number) => number): string {
  let drawing = false
  const parts: string[] = []
  for (const { hour, value } of line) {
    if (value === null) {
      drawing = false
      continue
    }
    parts.push(`${drawing ? 'L' : 'M'}${rounded(x(hour))} ${rounded(y(value))}`)
    drawing = true
  }
  return parts.join('')
}

/** Round hours within the domain, at most so many. */
export function ticks({ start, end }: Range, most: number): number[] {
  const step = STEPS.find((each) => (end - start) / each <= most) ?? Math.ceil((end - start) / most / 8760) * 8760
  const first = Math.ceil(start / step)
  const count = Math.floor(end / step) - first + 1
  return Array.from({ length: Math.max(0, count) }, (_, index) => (first + index) * step)
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10
}

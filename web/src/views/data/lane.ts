/** The lane of findings below a line: a row per kind, a mark per finding, at least wide enough to be seen. */
import type { Finding } from '@/api/schema'
import type { Colours } from '@/charts/colours'
import type { Range } from './viewport'

export const ROW = 14
const NARROWEST = 3

export interface Mark {
  finding: Finding
  from: number
  to: number
  row: number
}

/** Kinds from the most to the least frequent make the rows. */
export function marksOf(findings: readonly Finding[]): { kinds: Finding['kind'][]; marks: Mark[] } {
  const counts = new Map<Finding['kind'], number>()
  for (const { kind } of findings) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  const kinds = [...counts.keys()].sort((one, other) => (counts.get(other) ?? 0) - (counts.get(one) ?? 0))
  const marks = findings.map((finding) => ({
    finding,
    from: Date.parse(finding.from),
    to: Date.parse(finding.to),
    row: kinds.indexOf(finding.kind),
  }))
  return { kinds, marks }
}

export function drawLane(
  canvas: HTMLCanvasElement,
  marks: readonly Mark[],
  rows: number,
  [from, to]: Range,
  left: number,
  width: number,
  colours: Colours,
): void {
  const ratio = window.devicePixelRatio
  const whole = left + width
  const [w, h] = [Math.round(whole * ratio), Math.round(rows * ROW * ratio)]
  if (canvas.width !== w) canvas.width = w
  if (canvas.height !== h) canvas.height = h
  const context = canvas.getContext('2d')
  if (context === null) return
  context.setTransform(ratio, 0, 0, ratio, 0, 0)
  context.clearRect(0, 0, whole, rows * ROW)
  const scale = width / (to - from)
  for (let row = 0; row < rows; row++) {
    context.fillStyle = colours.grid
    context.fillRect(left, row * ROW + ROW / 2, width, 1)
  }
  for (const mark of marks) {
    if (mark.to < from || mark.from > to) continue
    const start = Math.max(left, left + (mark.from - from) * scale - 1)
    const end = Math.min(whole, left + (mark.to - from) * scale + 1)
    context.fillStyle = colourOf(mark.finding.severity, colours)
    context.fillRect(Math.min(start, whole - NARROWEST), mark.row * ROW + 2, Math.max(NARROWEST, end - start), ROW - 4)
  }
}

/** The mark at or near this place; null where there is none. */
export function markAt(marks: readonly Mark[], row: number, at: number, near: number): Mark | null {
  const inRow = marks.filter((mark) => mark.row === row)
  const distance = (mark: Mark) => Math.max(mark.from - at, at - mark.to, 0)
  const [closest] = inRow.sort((one, other) => distance(one) - distance(other))
  return closest !== undefined && distance(closest) <= near ? closest : null
}

export function colourOf(severity: Finding['severity'], colours: Colours): string {
  return severity === 'high' ? colours.bad : severity === 'medium' ? colours.warn : colours.muted
}

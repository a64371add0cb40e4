/** What part of a long series is in sight, and which of the lines that were fetched shows it best; milliseconds throughout. */

export type Range = readonly [number, number]

export interface Stretch {
  from: number
  to: number
  /** Width of a bucket; 0: every row is there. */
  bucket: number
}

const NARROWEST = 20 // steps of the series
const MARGIN = 0.75 // of what is in sight is fetched on both sides
const FINER = 1.6 // a bucket may be so much wider than what the sight could show

/** Zoomed by a factor (below 1: closer) around an instant, never beyond the ends of the series. */
export function zoomed(range: Range, factor: number, at: number, whole: Range, step: number): Range {
  const narrowest = Math.max(step * NARROWEST, 1)
  const width = Math.min(whole[1] - whole[0], Math.max(narrowest, (range[1] - range[0]) * factor))
  const share = (at - range[0]) / (range[1] - range[0])
  return within([at - share * width, at + (1 - share) * width], whole)
}

/** Moved by a share of what is in sight. */
export function moved(range: Range, share: number, whole: Range): Range {
  const by = (range[1] - range[0]) * share
  return within([range[0] + by, range[1] + by], whole)
}

/** A range with room around a stretch, to look at it. */
export function around(from: number, to: number, whole: Range, step: number): Range {
  const room = Math.max((to - from) * 2, step * 60)
  return within([from - room, to + room], whole)
}

/** Pushed back inside without a change of width. */
export function within(range: Range, whole: Range): Range {
  const width = Math.min(range[1] - range[0], whole[1] - whole[0])
  const from = Math.min(Math.max(range[0], whole[0]), whole[1] - width)
  return [from, from + width]
}

/** What to fetch for a sight, with a margin so that small moves need nothing new; null: the whole series will do. */
export function toFetch(range: Range, whole: Range): Range | null {
  const width = range[1] - range[0]
  if (width * (1 + MARGIN) >= whole[1] - whole[0]) return null
  return [
    Math.floor(Math.max(whole[0], range[0] - width * MARGIN)),
    Math.ceil(Math.min(whole[1], range[1] + width * MARGIN)),
  ]
}

/** Whether a fetched line shows this range as finely as `pixels` can. */
export function suffices(line: Stretch, range: Range, whole: Range, pixels: number): boolean {
  const from = Math.max(range[0], whole[0])
  const to = Math.min(range[1], whole[1])
  if (line.from > from || line.to < to) return false
  return line.bucket === 0 || line.bucket <= ((range[1] - range[0]) / pixels) * 2 * FINER
}

/** The finest line that covers the range; else the first one, which is of the whole series. */
export function best<T extends Stretch>(lines: readonly T[], range: Range): T | undefined {
  const covering = lines.filter((line) => line.from <= range[0] && line.to >= range[1])
  return covering.sort((one, other) => one.bucket - other.bucket)[0] ?? lines[0]
}

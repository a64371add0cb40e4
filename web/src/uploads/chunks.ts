/** How a file is cut, what is left to send, and how fast it goes; nothing here touches the network. */

const MEGABYTE = 1024 * 1024
const FEW_CHUNKS = 200

/** Small enough for a bar that moves, large enough that a big file has no thousands of requests. */
export function chunkBytes(size: number): number {
  let bytes = MEGABYTE
  while (size / bytes > FEW_CHUNKS && bytes < 16 * MEGABYTE) bytes *= 2
  return bytes
}

export function chunkCount(size: number, bytes: number): number {
  return Math.max(1, Math.ceil(size / bytes))
}

export function chunkRange(index: number, size: number, bytes: number): [number, number] {
  return [index * bytes, Math.min(size, (index + 1) * bytes)]
}

/** Bytes of the chunks that the server has. */
export function bytesThere(missing: readonly number[], size: number, bytes: number): number {
  const lacking = missing.reduce((sum, index) => {
    const [start, end] = chunkRange(index, size, bytes)
    return sum + end - start
  }, 0)
  return size - lacking
}

interface Mark {
  at: number
  bytes: number
}

const WINDOW_MS = 6_000

/** Speed over the last seconds, so that a pause or a slow start does not spoil the estimate. */
export class Pace {
  private marks: Mark[] = []

  /** So many bytes in all have been sent at this moment (ms). */
  mark(bytes: number, at: number): void {
    this.marks.push({ at, bytes })
    while (this.marks.length > 2 && at - (this.marks[1]?.at ?? at) >= WINDOW_MS) this.marks.shift()
  }

  reset(): void {
    this.marks = []
  }

  /** Bytes per second; null until there are two moments to compare. */
  speed(): number | null {
    const first = this.marks[0]
    const last = this.marks.at(-1)
    if (first === undefined || last === undefined || last.at <= first.at) return null
    return ((last.bytes - first.bytes) / (last.at - first.at)) * 1000
  }

  /** Seconds until `left` bytes are sent. */
  remaining(left: number): number | null {
    const speed = this.speed()
    return speed === null || speed <= 0 ? null : left / speed
  }
}

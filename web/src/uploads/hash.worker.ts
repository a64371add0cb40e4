/** Computes SHA-256 of a file and of each of its chunks beside the page, so that the page stays smooth. */
import { createSHA256 } from 'hash-wasm'

export interface HashRequest {
  file: File
  chunkBytes: number
}

export type HashAnswer =
  | { kind: 'progress'; bytes: number }
  | { kind: 'done'; file: string; chunks: string[] }
  | { kind: 'failed'; message: string }

const answer = (message: HashAnswer) => self.postMessage(message)

self.onmessage = async (event: MessageEvent<HashRequest>) => {
  const { file, chunkBytes } = event.data
  try {
    const whole = await createSHA256()
    const part = await createSHA256()
    const chunks: string[] = []
    for (let start = 0; start < file.size; start += chunkBytes) {
      const bytes = new Uint8Array(await file.slice(start, start + chunkBytes).arrayBuffer())
      whole.update(bytes)
      chunks.push(part.init().update(bytes).digest())
      answer({ kind: 'progress', bytes: start + bytes.length })
    }
    answer({ kind: 'done', file: whole.digest(), chunks })
  } catch (error) {
    answer({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })
  }
}

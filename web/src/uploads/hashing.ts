/** The hashes of a file, computed by a worker that ends when they are there or no longer wanted. */
import type { HashAnswer, HashRequest } from './hash.worker'

export interface Hashes {
  file: string
  chunks: string[]
}

export function hashesOf(
  file: File,
  chunkBytes: number,
  onProgress: (bytes: number) => void,
  signal: AbortSignal,
): Promise<Hashes> {
  const worker = new Worker(new URL('./hash.worker.ts', import.meta.url), { type: 'module' })
  return new Promise<Hashes>((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new DOMException('stopped', 'AbortError')))
    worker.onerror = (event) => reject(new Error(event.message))
    worker.onmessage = ({ data }: MessageEvent<HashAnswer>) => {
      if (data.kind === 'progress') onProgress(data.bytes)
      else if (data.kind === 'done') resolve({ file: data.file, chunks: data.chunks })
      else reject(new Error(data.message))
    }
    worker.postMessage({ file, chunkBytes } satisfies HashRequest)
  }).finally(() => worker.terminate())
}

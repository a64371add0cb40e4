/** One file on its way: hashed, sent in chunks, paused, gone on with where it stopped, imported. */
import { api, ApiError, call, send } from '@/api/client'
import type { ChunkReceived, UploadState } from '@/api/schema'
import { bytesThere, chunkBytes, chunkCount, chunkRange, Pace } from './chunks'
import { hashesOf, type Hashes } from './hashing'
import type { KeptUpload } from './kept'

export type Stage = 'waiting' | 'hashing' | 'sending' | 'importing' | 'paused' | 'needs_file' | 'failed' | 'done'

export interface Shown {
  id: string
  sessionId: string
  name: string
  role: string
  columns: string[]
  size: number
  stage: Stage
  /** Hashed or sent, by the stage. */
  bytes: number
  speed: number | null
  remaining: number | null
  error: Error | null
  fileIds: string[]
  /** Nothing was sent: the server had it from before. */
  wasHere: boolean
}

const POLL_MS = 700
const RETRY_MS = 2_000

export class Transfer {
  private stopping: AbortController | null = null
  private readonly pace = new Pace()
  private hashes: Hashes | null = null
  private readonly bytes: number
  shown: Shown

  constructor(
    readonly kept: KeptUpload,
    private file: File | null,
    private readonly changed: () => void,
  ) {
    this.bytes = chunkBytes(kept.size)
    this.shown = {
      id: kept.id,
      sessionId: kept.sessionId,
      name: kept.name,
      role: kept.plan.role,
      columns: kept.plan.columns.map((each) => each.bezeichnung),
      size: kept.size,
      stage: file === null ? 'needs_file' : kept.paused ? 'paused' : 'waiting',
      bytes: 0,
      speed: null,
      remaining: null,
      error: null,
      fileIds: [],
      wasHere: false,
    }
  }

  get active(): boolean {
    return this.stopping !== null
  }

  /** The file again, after a reload; another one of this name is refused by its hash. */
  give(file: File): void {
    this.file = file
    this.hashes = null
    this.show({ stage: 'waiting', error: null })
  }

  pause(): void {
    this.stopping?.abort()
    this.show({ stage: 'paused', speed: null, remaining: null })
  }

  wait(): void {
    this.show({ stage: this.file === null ? 'needs_file' : 'waiting', error: null })
  }

  /** Until it is imported, paused or refused; a server that cannot be reached is tried again. */
  async run(): Promise<void> {
    const stopping = new AbortController()
    this.stopping = stopping
    try {
      await this.work(stopping.signal)
    } catch (error) {
      if (!stopping.signal.aborted)
        this.show({ stage: 'failed', error: error instanceof Error ? error : new Error(String(error)) })
    } finally {
      this.stopping = null
      this.changed()
    }
  }

  async discard(): Promise<void> {
    this.stopping?.abort()
    const { sessionId, name, plan } = this.kept
    await call(
      api.DELETE('/api/training/upload-status', {
        params: { query: { sessionId, fileName: name, fileType: plan.role } },
      }),
    ).catch((error: unknown) => {
      if (!(error instanceof ApiError) || error.status !== 404) throw error // nothing of it has arrived
    })
  }

  private async work(signal: AbortSignal): Promise<void> {
    const file = this.file
    if (file === null) return
    const hashes = await this.hashed(file, signal)
    let state = await this.state()
    if (state?.status === 'completed' && state.fileHash === hashes.file) {
      this.finish(state.fileIds ?? [])
      return
    }
    if (state === null && (await this.isHere(hashes, signal))) return
    let missing = state === null || state.status === 'completed' ? this.all() : state.missing
    this.pace.reset()
    while (missing.length > 0) {
      for (const index of missing) {
        this.sentTo(bytesThere(missing.slice(missing.indexOf(index)), this.kept.size, this.bytes))
        const answer = await this.sendChunk(file, hashes, index, signal)
        if (answer.status === 'completed') {
          this.finish(answer.fileIds ?? [])
          return
        }
      }
      state = await this.state()
      missing = state?.missing ?? []
    }
    await this.imported(file, hashes, state, signal)
  }

  private async hashed(file: File, signal: AbortSignal): Promise<Hashes> {
    if (this.hashes !== null) return this.hashes
    this.show({ stage: 'hashing', bytes: 0, error: null })
    const hashes = await hashesOf(file, this.bytes, (bytes) => this.show({ bytes }), signal)
    if (this.kept.fileHash !== null && this.kept.fileHash !== hashes.file) throw new OtherFile(file.name)
    this.kept.fileHash = hashes.file
    this.hashes = hashes
    return hashes
  }

  /** Asks by its hash whether the server has the file; then it becomes a file of this session at once. */
  private async isHere(hashes: Hashes, signal: AbortSignal): Promise<boolean> {
    const { sessionId, name, size, plan } = this.kept
    const fileMetadata = { columns: plan.columns, importOptions: plan.importOptions }
    const body = { sessionId, fileName: name, fileType: plan.role, fileHash: hashes.file, fileSize: size, fileMetadata }
    for (;;) {
      signal.throwIfAborted()
      try {
        const answer = await call(api.POST('/api/training/upload-known', { body, signal }))
        if (answer.status === 'completed') {
          this.finish(answer.fileIds ?? [], true)
          return true
        }
        this.show({ stage: 'importing', bytes: size })
      } catch (error) {
        signal.throwIfAborted()
        if (!(error instanceof ApiError)) throw error
        if ([404, 409, 503].includes(error.status)) return false // then its bytes are sent
        if (error.status !== 0) throw error
      }
      await pause(POLL_MS)
    }
  }

  private async imported(file: File, hashes: Hashes, state: UploadState | null, signal: AbortSignal): Promise<void> {
    this.show({ stage: 'importing', bytes: this.kept.size, speed: null, remaining: null })
    while (state !== null && !signal.aborted) {
      if (state.status === 'completed') {
        this.finish(state.fileIds ?? [])
        return
      }
      if (state.status === 'failed' || state.status === 'received') {
        const answer = await this.sendChunk(file, hashes, state.totalChunks - 1, signal) // says why, or tries again
        if (answer.status === 'completed') {
          this.finish(answer.fileIds ?? [])
          return
        }
      }
      await pause(POLL_MS)
      state = await this.state()
    }
  }

  private async sendChunk(file: File, hashes: Hashes, index: number, signal: AbortSignal): Promise<ChunkReceived> {
    const [start, end] = chunkRange(index, file.size, this.bytes)
    const total = chunkCount(file.size, this.bytes)
    const form = new FormData()
    const { sessionId, name, plan } = this.kept
    const about = { sessionId, fileName: name, fileType: plan.role, chunkIndex: index, totalChunks: total }
    form.set(
      'metadata',
      JSON.stringify({ ...about, chunkHash: hashes.chunks[index], fileHash: hashes.file, fileSize: file.size }),
    )
    form.set(
      'additionalData',
      JSON.stringify({ fileMetadata: { columns: plan.columns, importOptions: plan.importOptions } }),
    )
    form.set('chunk', file.slice(start, end), name)
    if (index === total - 1) this.show({ stage: 'importing' })
    for (;;) {
      try {
        const response = await send('/api/training/upload-chunk', { method: 'POST', body: form, signal })
        return (await response.json()) as ChunkReceived
      } catch (error) {
        signal.throwIfAborted()
        if (!(error instanceof ApiError) || (error.status !== 0 && error.status !== 503)) throw error
        await pause(RETRY_MS)
      }
    }
  }

  /** What the server has of it; null: nothing. */
  private async state(): Promise<UploadState | null> {
    const { sessionId, name, plan } = this.kept
    const query = { sessionId, fileName: name, fileType: plan.role }
    const found = await call(api.GET('/api/training/upload-status', { params: { query } })).catch((error: unknown) => {
      if (error instanceof ApiError && error.status === 404) return null
      throw error
    })
    const total = chunkCount(this.kept.size, this.bytes)
    const mine = found?.uploads.filter((each) => each.totalChunks === total) ?? []
    return mine.find((each) => each.fileHash === this.kept.fileHash) ?? mine[0] ?? null
  }

  private all(): number[] {
    return Array.from({ length: chunkCount(this.kept.size, this.bytes) }, (_, index) => index)
  }

  private sentTo(bytes: number): void {
    this.pace.mark(bytes, performance.now())
    const [speed, remaining] = [this.pace.speed(), this.pace.remaining(this.kept.size - bytes)]
    this.show({ stage: 'sending', bytes, speed, remaining })
  }

  private finish(fileIds: string[], wasHere = false): void {
    this.show({ stage: 'done', bytes: this.kept.size, speed: null, remaining: null, fileIds, wasHere })
  }

  private show(changes: Partial<Shown>): void {
    this.shown = { ...this.shown, ...changes }
    this.changed()
  }
}

/** A file of the same name and size, but with another content. */
export class OtherFile extends Error {}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

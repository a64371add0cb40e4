/** All uploads of this browser: two at a time, kept over a reload, shown wherever one looks. */
import { useSyncExternalStore } from 'react'
import { forgetUpload, keepUpload, keptUploads, type KeptUpload } from './kept'
import type { Plan } from './plan'
import { Transfer, type Shown } from './transfer'

const AT_ONCE = 2

export interface Dropped {
  file: File
  handle: FileSystemFileHandle | null
}

class UploadQueue {
  private transfers: Transfer[] = []
  private listeners = new Set<() => void>()
  private snapshot: readonly Shown[] = []
  private loaded: Promise<void> | null = null
  /** Called with each upload that has become files of its session. */
  onDone: (shown: Shown) => void = () => undefined

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    this.loaded ??= this.load()
    return () => this.listeners.delete(listener)
  }

  readonly shown = (): readonly Shown[] => this.snapshot

  add(sessionId: string, { file, handle }: Dropped, plan: Plan): void {
    const kept: KeptUpload = {
      id: crypto.randomUUID(),
      sessionId,
      plan,
      name: file.name,
      size: file.size,
      lastModified: file.lastModified,
      fileHash: null,
      paused: false,
      handle,
    }
    this.transfers.push(this.transfer(kept, file))
    void keepUpload(kept)
    this.turn()
  }

  /** Files dropped again that are waited for; those that nobody waits for come back. */
  recognise(dropped: readonly Dropped[], sessionId: string): Dropped[] {
    return dropped.filter(({ file }) => {
      const waiting = this.transfers.filter(
        ({ shown }) =>
          shown.stage === 'needs_file' &&
          shown.sessionId === sessionId &&
          shown.name === file.name &&
          shown.size === file.size,
      )
      for (const transfer of waiting) transfer.give(file)
      if (waiting.length > 0) this.turn()
      return waiting.length === 0
    })
  }

  pause(id: string): void {
    const transfer = this.find(id)
    if (!transfer) return
    transfer.pause()
    this.remember(transfer, true)
    this.turn()
  }

  /** Goes on; asks the browser for the file where it needs a click for that. */
  async resume(id: string): Promise<void> {
    const transfer = this.find(id)
    if (!transfer) return
    if (transfer.shown.stage === 'needs_file' && transfer.kept.handle !== null) {
      const file = await fileBehind(transfer.kept.handle, true)
      if (file === null) return
      transfer.give(file)
    } else transfer.wait()
    this.remember(transfer, false)
    this.turn()
  }

  async discard(id: string): Promise<void> {
    const transfer = this.find(id)
    if (!transfer) return
    if (transfer.shown.stage !== 'done') await transfer.discard()
    this.transfers = this.transfers.filter((each) => each !== transfer)
    await forgetUpload(id)
    this.turn()
  }

  private async load(): Promise<void> {
    for (const kept of await keptUploads()) {
      if (this.transfers.some((each) => each.kept.id === kept.id)) continue
      const file = kept.handle === null ? null : await fileBehind(kept.handle, false)
      this.transfers.push(this.transfer(kept, file))
    }
    this.turn()
  }

  private transfer(kept: KeptUpload, file: File | null): Transfer {
    return new Transfer(kept, file, () => this.changed())
  }

  private turn(): void {
    this.changed()
    const free = AT_ONCE - this.transfers.filter((each) => each.active).length
    const waiting = this.transfers.filter((each) => each.shown.stage === 'waiting' && !each.active)
    for (const transfer of waiting.slice(0, Math.max(0, free))) void this.work(transfer)
  }

  private async work(transfer: Transfer): Promise<void> {
    await transfer.run()
    if (transfer.shown.stage === 'done') {
      await forgetUpload(transfer.kept.id)
      this.onDone(transfer.shown)
    } else if (this.transfers.includes(transfer)) await keepUpload(transfer.kept)
    this.turn()
  }

  private remember(transfer: Transfer, paused: boolean): void {
    transfer.kept.paused = paused
    void keepUpload(transfer.kept)
  }

  private find(id: string): Transfer | undefined {
    return this.transfers.find((each) => each.kept.id === id)
  }

  private changed(): void {
    this.snapshot = this.transfers.map((each) => each.shown)
    for (const listener of this.listeners) listener()
  }
}

/** Null where the browser wants a click first, says no, or the file has gone. */
async function fileBehind(handle: FileSystemFileHandle, ask: boolean): Promise<File | null> {
  try {
    const permission = handle as FileSystemFileHandle & Permission
    const allowed = ask ? await permission.requestPermission() : await permission.queryPermission()
    return allowed === 'granted' ? await handle.getFile() : null
  } catch (error) {
    if (error instanceof DOMException) return null
    throw error
  }
}

interface Permission {
  queryPermission: () => Promise<PermissionState>
  requestPermission: () => Promise<PermissionState>
}

export const uploads = new UploadQueue()

export function useUploads(sessionId: string): Shown[] {
  return useSyncExternalStore(uploads.subscribe, uploads.shown).filter((each) => each.sessionId === sessionId)
}

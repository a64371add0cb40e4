/** Uploads that are not finished, kept by the browser so that a reload loses none; the files themselves stay where they are. */
import type { Plan } from './plan'

const NAME = 'trainyard-uploads'
const STORE = 'uploads'

export interface KeptUpload {
  id: string
  sessionId: string
  plan: Plan
  name: string
  size: number
  lastModified: number
  fileHash: string | null
  paused: boolean
  /** The way back to the file, where the browser gives one. */
  handle: FileSystemFileHandle | null
}

function opened(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1)
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'id' })
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error(NAME))
  })
}

async function within<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await opened()
  try {
    return await new Promise((resolve, reject) => {
      const request = work(database.transaction(STORE, mode).objectStore(STORE))
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error ?? new Error(NAME))
    })
  } finally {
    database.close()
  }
}

export async function keepUpload(upload: KeptUpload): Promise<void> {
  await within('readwrite', (store) => store.put(upload))
}

export async function forgetUpload(id: string): Promise<void> {
  await within('readwrite', (store) => store.delete(id))
}

export function keptUploads(): Promise<KeptUpload[]> {
  return within('readonly', (store) => store.getAll() as IDBRequest<KeptUpload[]>)
}

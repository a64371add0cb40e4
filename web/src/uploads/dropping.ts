/** Files out of a drop, folders opened; with the way back to each where the browser gives one. */
import type { Dropped } from './queue'

const READABLE = /\.(csv|txt|tsv|dat)$/i

export async function filesOf(transfer: DataTransfer): Promise<Dropped[]> {
  const items = [...transfer.items].filter((item) => item.kind === 'file')
  // Everything must be asked for before the first await: the drop is empty afterwards.
  const found = items.map((item) => ({
    entry: item.webkitGetAsEntry(),
    file: item.getAsFile(),
    handle: handleOf(item),
  }))
  const lists = await Promise.all(
    found.map(async ({ entry, file, handle }) => {
      if (entry?.isDirectory) return filesIn(entry as FileSystemDirectoryEntry)
      const way = await handle
      return file === null ? [] : [{ file, handle: way?.kind === 'file' ? (way as FileSystemFileHandle) : null }]
    }),
  )
  return lists.flat()
}

/** Of a folder chosen in a dialog only what may be a table. */
export function readable(files: Iterable<File>): Dropped[] {
  return [...files].filter((file) => READABLE.test(file.name)).map((file) => ({ file, handle: null }))
}

async function filesIn(folder: FileSystemDirectoryEntry): Promise<Dropped[]> {
  const reader = folder.createReader()
  const entries: FileSystemEntry[] = []
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
    if (some.length === 0) break
    entries.push(...some)
  }
  const lists = await Promise.all(
    entries.map(async (entry) => {
      if (entry.isDirectory) return filesIn(entry as FileSystemDirectoryEntry)
      if (!READABLE.test(entry.name)) return []
      const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject))
      return [{ file, handle: null }]
    }),
  )
  return lists.flat()
}

async function handleOf(item: DataTransferItem): Promise<FileSystemHandle | null> {
  const asked = item as DataTransferItem & { getAsFileSystemHandle?: () => Promise<FileSystemHandle | null> }
  if (asked.getAsFileSystemHandle === undefined) return null
  try {
    return await asked.getAsFileSystemHandle()
  } catch (error) {
    if (error instanceof DOMException) return null
    throw error
  }
}

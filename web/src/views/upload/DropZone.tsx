/** Where files and folders are dropped, or chosen in a dialog. */
import { FolderOpen, UploadCloud } from 'lucide-react'
import { useRef, useState, type DragEvent } from 'react'
import { useTexts } from '@/i18n'
import { Button } from '@/ui/Button'
import { filesOf, readable } from '@/uploads/dropping'
import type { Dropped } from '@/uploads/queue'

export function DropZone({ onFiles }: { onFiles: (files: Dropped[]) => void }) {
  const t = useTexts().upload
  const [over, setOver] = useState(false)
  const files = useRef<HTMLInputElement>(null)
  const folder = useRef<HTMLInputElement>(null)
  const drop = (event: DragEvent) => {
    event.preventDefault()
    setOver(false)
    void filesOf(event.dataTransfer).then(onFiles)
  }
  return (
    <div
      className={over ? 'drop-zone over' : 'drop-zone'}
      role="group"
      aria-label={t.drop}
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <UploadCloud size={34} aria-hidden />
      <h2>{t.drop}</h2>
      <p className="muted">{t.dropText}</p>
      <div className="row">
        <Button kind="primary" onClick={() => files.current?.click()}>
          {t.choose}
        </Button>
        <Button onClick={() => folder.current?.click()}>
          <FolderOpen size={16} aria-hidden /> {t.chooseFolder}
        </Button>
      </div>
      <input
        ref={files}
        type="file"
        multiple
        hidden
        aria-label={t.choose}
        onChange={(event) => {
          onFiles([...(event.target.files ?? [])].map((file) => ({ file, handle: null })))
          event.target.value = ''
        }}
      />
      <input
        ref={folder}
        type="file"
        multiple
        hidden
        aria-label={t.chooseFolder}
        {...{ webkitdirectory: '' }}
        onChange={(event) => {
          onFiles(readable(event.target.files ?? []))
          event.target.value = ''
        }}
      />
    </div>
  )
}

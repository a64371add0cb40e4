/** Saving stopped in the middle: what is saved, what is not, and why. */
import type { FileSettings } from '@/api/schema'
import { useTexts } from '@/i18n'
import { Refused } from '@/ui/states'
import type { SaveStopped } from './saving'

interface Props {
  stopped: SaveStopped
  files: FileSettings[]
  onRetry: () => void
}

export function Stopped({ stopped: { saved, left, cause }, files, onRetry }: Props) {
  const t = useTexts().windows
  const named = (what: string) => {
    const file = files.find(({ id }) => id === what)
    if (file) return t.fileOf(file.bezeichnung, t[file.type])
    return what === 'zeitschritte' ? t.steps : t.calendar
  }
  return (
    <div className="stack">
      {saved.length > 0 ? (
        <div className="note warn" role="status">
          <h3>{t.halfSaved}</h3>
          <p>{t.isSaved(saved.map(named).join(', '))}</p>
          <p>{t.isNotSaved(left.map(named).join(', '))}</p>
        </div>
      ) : null}
      <Refused error={cause} onRetry={onRetry} />
    </div>
  )
}

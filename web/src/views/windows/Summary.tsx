/** What building would give: how many samples, in how long, which are left out and why, or what is in the way. */
import type { SettingError, WindowsPreview } from '@/api/schema'
import { useFormat, useTexts } from '@/i18n'

export function Summary({ preview, loose }: { preview: WindowsPreview; loose: SettingError[] }) {
  const t = useTexts().windows
  const format = useFormat()
  const { samples } = preview
  if (samples === null)
    return (
      <div className="note warn stack" role="status">
        <h3>{t.nothingYet}</h3>
        <ul className="problems">
          {(loose.length > 0 ? loose : preview.errors).map((error) => (
            <li key={`${error.file_id ?? ''} ${error.field ?? ''} ${error.message}`}>
              {error.message}
              {error.suggestion ? <span className="muted"> {error.suggestion}</span> : null}
            </li>
          ))}
        </ul>
      </div>
    )
  return (
    <div className="summary" role="status">
      <p className="count">
        {t.samples(format.whole(samples.count))}
        <span className="muted"> · {t.about(format.duration(samples.seconds))}</span>
      </p>
      <p className="muted">{t.span(format.time(samples.first), format.time(samples.last))}</p>
      {samples.dropped.length > 0 ? (
        <ul className="dropped">
          {samples.dropped.map(({ feature, count }) => (
            <li key={feature}>
              <span className="bar" style={{ width: `${Math.max((count / samples.reference_times) * 100, 0.5)}%` }} />
              {t.dropped(format.whole(count), feature)}
            </li>
          ))}
        </ul>
      ) : (
        <p className="muted">{t.nothingDropped}</p>
      )}
    </div>
  )
}

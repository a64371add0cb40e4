/** What a job has said, the newest at the end and in sight. */
import { useEffect, useRef } from 'react'
import { useTexts } from '@/i18n'
import type { Line } from './replay'

const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' })

export function Log({ lines }: { lines: readonly Line[] }) {
  const t = useTexts().live
  const place = useRef<HTMLOListElement>(null)
  useEffect(() => {
    const list = place.current
    if (list !== null) list.scrollTop = list.scrollHeight
  }, [lines.length])
  return (
    <section>
      <h3>{t.log}</h3>
      {lines.length === 0 ? (
        <p className="muted">{t.logEmpty}</p>
      ) : (
        // Scrolls, so the keyboard must be able to reach it.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <ol className="job-log" ref={place} tabIndex={0} aria-label={t.log}>
          {lines.map((line) => (
            <li key={line.seq} className={line.level}>
              <time dateTime={line.ts}>{CLOCK.format(new Date(line.ts))}</time> <span>{line.message}</span>
            </li>
          ))}
        </ol>
      )}
    </section>
  )
}

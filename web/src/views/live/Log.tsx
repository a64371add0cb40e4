/** What a job has said, the newest at the end and in sight. */
import { useEffect, useMemo, useRef } from 'react'
import { useSpeech } from '@/i18n'
import type { Line } from './replay'

export function Log({ lines }: { lines: readonly Line[] }) {
  const { texts, language } = useSpeech()
  const t = texts.live
  const clock = useMemo(
    () => new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, { timeStyle: 'medium' }),
    [language],
  )
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
              <time dateTime={line.ts}>{clock.format(new Date(line.ts))}</time> <span>{line.message}</span>
            </li>
          ))}
        </ol>
      )}
    </section>
  )
}

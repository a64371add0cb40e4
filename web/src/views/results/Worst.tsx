/** The test windows with the largest errors; each leads to its picture. */
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import type { WorstWindow } from '@/api/schema'
import { useColours } from '@/charts/colours'
import { useFormat, useTexts } from '@/i18n'
import { Loaded } from '@/ui/states'
import type { Model } from './choice'
import { evaluationQuery } from './queries'

interface Props {
  model: Model
  output: string
  onOrigin: (origin: string) => void
  sought: number
}

export function Worst({ model, output, onOrigin, sought }: Props) {
  const t = useTexts().results
  const evaluation = useQuery(evaluationQuery(model.job_id))
  const place = useRef<HTMLElement>(null)
  const seen = useRef(0)
  const there = evaluation.isSuccess
  useEffect(() => {
    if (sought === seen.current || !there) return
    seen.current = sought
    place.current?.scrollIntoView({ block: 'center' })
  }, [sought, there])
  return (
    <section className="stack" ref={place}>
      <div>
        <h3>{t.worstOf(model.name)}</h3>
        <p className="muted">{t.worstHint}</p>
      </div>
      <Loaded query={evaluation} height={110}>
        {(found) => (
          <ul className="worst">
            {(found.worst_windows?.[output] ?? []).map((window) => (
              <Tile key={window.reference_time} window={window} onOrigin={onOrigin} />
            ))}
          </ul>
        )}
      </Loaded>
    </section>
  )
}

function Tile({ window, onOrigin }: { window: WorstWindow; onOrigin: (origin: string) => void }) {
  const t = useTexts().results
  const format = useFormat()
  const colours = useColours()
  const time = format.time(window.reference_time)
  return (
    <li>
      <button type="button" title={t.goTo(time)} onClick={() => onOrigin(window.reference_time)}>
        <svg viewBox="0 0 120 44" preserveAspectRatio="none" aria-hidden>
          <path d={path(window.truth, window)} stroke={colours.text} />
          <path d={path(window.forecast, window)} stroke={colours.series(0)} />
        </svg>
        <span>{time}</span>
        <span className="muted">{`MAE ${format.number(window.MAE)}`}</span>
      </button>
    </li>
  )
}

/** A line in a box of 120 × 44, on the scale of truth and forecast together. */
function path(values: (number | null)[], window: WorstWindow): string {
  const known = [...window.truth, ...window.forecast].filter((value) => value !== null)
  const [low, high] = [Math.min(...known), Math.max(...known)]
  const y = (value: number) => (high > low ? 42 - (40 * (value - low)) / (high - low) : 22)
  return values
    .flatMap((value, index) =>
      value === null ? [] : [`${index === 0 ? 'M' : 'L'}${(120 * index) / Math.max(values.length - 1, 1)} ${y(value)}`],
    )
    .join(' ')
}

/** Small parts that the faces of the results share. */
import { thinned } from '@/charts/HeatMap'
import { useId, type ReactNode } from 'react'
import { useFormat, useTexts } from '@/i18n'
import { gradient } from '@/charts/ramp'

interface PickProps {
  label: string
  value: string
  options: readonly (readonly [string, string])[]
  onChange: (value: string) => void
}

/** One of several, on one line with its label. */
export function Pick({ label, value, options, onChange }: PickProps) {
  const id = useId()
  return (
    <span className="pick">
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onChange(event.target.value)}>
        {options.map(([key, text]) => (
          <option key={key} value={key}>
            {text}
          </option>
        ))}
      </select>
    </span>
  )
}

/** Minutes ahead as people say it: "15 min", "3 h", "1 h 45 min". */
export function useLead(): (minutes: number) => string {
  const format = useFormat()
  return (minutes) => {
    if (minutes < 60) return `${format.number(minutes)} min`
    if (minutes % 30 === 0) return `${format.number(minutes / 60)} h`
    return `${format.whole(Math.floor(minutes / 60))} h ${format.number(minutes % 60)} min`
  }
}

/** Above the columns of a heat map: at whole hours, so far apart that they do not touch. */
export function useLeadLabels(): (leads: readonly number[]) => string[] {
  const inWords = useLead()
  return (leads) => {
    const at = (hours: number) => leads.filter((minutes) => minutes % (hours * 60) === 0).length
    const last = leads.length - Math.floor(leads.length / 24) // a label further right would be cut off
    const every = ROUND_HOURS.find((hours) => at(hours) <= MOST_LABELS)
    return every === undefined || at(every) < FEWEST_LABELS
      ? thinned(leads.map(inWords), MOST_LABELS)
      : leads.map((minutes, place) => (minutes % (every * 60) === 0 && place < last ? inWords(minutes) : ''))
  }
}

const ROUND_HOURS = [1, 2, 3, 4, 6, 12, 24, 48]
const [MOST_LABELS, FEWEST_LABELS] = [12, 3]

export function Legend({ kind, low, high }: { kind: 'sequential' | 'diverging'; low: string; high: string }) {
  return (
    <span className="row legend">
      <span>{low}</span>
      <span className="scale-bar" style={{ background: gradient(kind) }} />
      <span>{high}</span>
    </span>
  )
}

/** A table behind a picture. */
export function Numbers({ children }: { children: ReactNode }) {
  const t = useTexts().results
  return (
    <details className="numbers">
      <summary>{t.numbers}</summary>
      {/* Scrolls, so the keyboard must be able to reach it. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className="scroll-x" tabIndex={0} role="region" aria-label={t.numbers}>
        {children}
      </div>
    </details>
  )
}

/** The colour of the n-th model that is shown. */
export function Dot({ colour }: { colour: string | undefined }) {
  return <span className="dot" style={{ background: colour ?? 'transparent' }} aria-hidden />
}

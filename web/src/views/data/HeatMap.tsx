/** Day by hour: a picture of the whole series at once, a column per day, its value where one points. */
import { useEffect, useRef, useState, type PointerEvent } from 'react'
import type { SeriesHeat } from '@/api/schema'
import { css, gradient, inkOn, sequential } from '@/charts/ramp'
import { useFormat, useTexts } from '@/i18n'

const HOURS = 24
const OUTER = 0.005
const DAY_MS = 86_400_000

export function HeatMap({ heat, name }: { heat: SeriesHeat; name: string }) {
  const t = useTexts().data
  const format = useFormat()
  const canvas = useRef<HTMLCanvasElement>(null)
  const [at, setAt] = useState<{ day: number; hour: number } | null>(null)
  const days = heat.day_hour
  const [low, high] = extremes(days)
  useEffect(() => {
    const context = canvas.current?.getContext('2d')
    if (!context) return
    const image = context.createImageData(days.length, HOURS)
    days.forEach((hours, day) =>
      hours.forEach((value, hour) => {
        const [red, green, blue] = value === null ? [0, 0, 0] : sequential((value - low) / (high - low || 1))
        image.data.set([red, green, blue, value === null ? 0 : 255], ((HOURS - 1 - hour) * days.length + day) * 4)
      }),
    )
    context.putImageData(image, 0, 0)
  }, [days, low, high])
  const point = (event: PointerEvent<HTMLCanvasElement>) => {
    const box = event.currentTarget.getBoundingClientRect()
    const place = (share: number, count: number) => Math.min(count - 1, Math.max(0, Math.floor(share * count)))
    setAt({
      day: place((event.clientX - box.left) / box.width, days.length),
      hour: HOURS - 1 - place((event.clientY - box.top) / box.height, HOURS),
    })
  }
  const shown = at === null ? null : (days[at.day]?.[at.hour] ?? null)
  return (
    <figure className="day-hours">
      <div className="day-hours-frame">
        <ul aria-hidden>
          {[0, 6, 12, 18].map((hour) => (
            <li key={hour} style={{ bottom: `${(hour / HOURS) * 100}%` }}>
              {t.hour(String(hour))}
            </li>
          ))}
        </ul>
        <canvas
          ref={canvas}
          width={days.length}
          height={HOURS}
          role="img"
          aria-label={t.heatOf(name, heat.zone)}
          onPointerMove={point}
          onPointerLeave={() => setAt(null)}
        />
      </div>
      <div className="row spread muted day-hours-ends">
        <span>{heat.first_day}</span>
        <span>
          {at === null
            ? t.heatHint
            : `${dayOf(heat, at.day)} ${t.hour(String(at.hour))}: ${shown === null ? t.noValue : format.number(shown)}`}
        </span>
        <span>{heat.last_day}</span>
      </div>
      <figcaption className="row muted">
        {format.number(low)} <span className="scale-bar" style={{ background: gradient('sequential') }} />{' '}
        {format.number(high)}
      </figcaption>
    </figure>
  )
}

const [DAY_PX, TABLE_PX] = [44, 1_100]

/** Weekday by hour in numbers; the seven rows are the picture's table. */
export function WeekTable({ heat }: { heat: SeriesHeat }) {
  const t = useTexts().data
  const format = useFormat()
  const [low, high] = extremes(heat.weekday_hour)
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by keyboard
    <div className="heat-map" tabIndex={0} role="region" aria-label={t.week}>
      <table className="written week-table" style={{ minWidth: TABLE_PX }}>
        <colgroup>
          <col style={{ width: DAY_PX }} />
          {Array.from({ length: HOURS }, (_, hour) => (
            <col key={hour} />
          ))}
        </colgroup>
        <thead>
          <tr>
            <th />
            {Array.from({ length: HOURS }, (_, hour) => (
              <th key={hour} scope="col">
                {hour}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {heat.weekday_hour.map((hours, day) => (
            <tr key={t.weekdays[day]}>
              <th scope="row">{t.weekdays[day]}</th>
              {hours.map((value, hour) => (
                <td key={hour} title={format.number(value)}>
                  <span style={value === null ? {} : shade((value - low) / (high - low || 1))}>
                    {format.number(value, 3)}
                  </span>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function shade(share: number) {
  const colour = sequential(share)
  return { background: css(colour), color: inkOn(colour) }
}

/** All but the outermost values, so that one spike does not take the colours from the rest. */
function extremes(rows: (number | null)[][]): [number, number] {
  const values = rows.flat().filter((value) => value !== null)
  values.sort((one, other) => one - other)
  const place = (share: number) => values[Math.round(share * (values.length - 1))] ?? 0
  return [place(OUTER), place(1 - OUTER)]
}

function dayOf(heat: SeriesHeat, day: number): string {
  const at = Date.parse(`${heat.first_day}T00:00:00Z`) + day * heat.days_per_row * DAY_MS
  return new Date(at).toISOString().slice(0, 10)
}

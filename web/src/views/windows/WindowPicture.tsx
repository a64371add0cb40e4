/** A window to scale: look-back, gap and horizon as areas of time, every file a lane with its real series and its steps. */
import type { SeriesLine, Window } from '@/api/schema'
import { useColours } from '@/charts/colours'
import { useWidth } from '@/charts/useWidth'
import { useFormat, useTexts } from '@/i18n'
import { domain, extent, path, points, scale, ticks, type Point, type Range } from './drawing'

const LEFT = 12
const TOP = 26
const LANE = 86
const BOTTOM = 34
const HOUR = 3_600_000

interface Lane {
  key: string
  label: string
  colour: string
  context: Point[]
  line: Point[]
}

interface Props {
  window: Window
  series: Record<string, SeriesLine | undefined>
}

export function WindowPicture({ window, series }: Props) {
  const t = useTexts().windows
  const colours = useColours()
  const format = useFormat()
  const { place, width } = useWidth()
  const lanes = lanesOf(window, series, colours.series)
  const hours = hoursOf(window)
  const height = TOP + lanes.length * LANE + BOTTOM
  const x = scale(hours, { start: LEFT, end: Math.max(width - LEFT, LEFT + 1) })
  const areas: [string, Range, string][] = [
    [t.lookBack, range(window.look_back), 'look-back'],
    ...(window.gap ? ([[t.gap, range(window.gap), 'gap']] as [string, Range, string][]) : []),
    [t.horizon, range(window.horizon), 'horizon'],
  ]
  return (
    <div ref={place} className="window-picture">
      <svg
        width={width}
        height={height}
        role="img"
        aria-label={t.pictureOf(format.time(window.reference_time), lanes.map((lane) => lane.label).join(', '))}
      >
        {areas.map(([label, { start, end }, kind]) => (
          <g key={kind} className={`area ${kind}`}>
            <rect
              x={x(start)}
              y={TOP - 20}
              width={Math.max(x(end) - x(start), 2)}
              height={height - TOP - BOTTOM + 20}
            />
            {x(end) - x(start) > label.length * 7 ? (
              <text x={(x(start) + x(end)) / 2} y={TOP - 6} textAnchor="middle">
                {label}
              </text>
            ) : null}
          </g>
        ))}
        {lanes.map((lane, index) => (
          <LaneLines key={lane.key} lane={lane} x={x} top={TOP + index * LANE} />
        ))}
        <line className="now" x1={x(0)} x2={x(0)} y1={TOP - 20} y2={height - BOTTOM} />
        {ticks(hours, Math.max(3, Math.floor(width / 60))).map((hour) => (
          <text key={hour} className="tick" x={x(hour)} y={height - BOTTOM + 14} textAnchor="middle">
            {t.hours(format.number(hour))}
          </text>
        ))}
        <text className="tick" x={Math.min(Math.max(x(0), 70), width - 70)} y={height - 5} textAnchor="middle">
          {format.time(window.reference_time)}
        </text>
      </svg>
    </div>
  )
}

function LaneLines({ lane, x, top }: { lane: Lane; x: (hour: number) => number; top: number }) {
  const y = scale(extent([lane.context, lane.line]), { start: top + LANE - 10, end: top + 22 })
  return (
    <g>
      <line className="lane" x1={0} x2="100%" y1={top} y2={top} />
      <path className="context" d={path(lane.context, x, y)} />
      <path d={path(lane.line, x, y)} fill="none" stroke={lane.colour} strokeWidth={1.8} />
      {lane.line.length <= 200
        ? lane.line.map(({ hour, value }) =>
            value === null ? (
              <text key={hour} className="missing" x={x(hour)} y={top + LANE - 6} textAnchor="middle">
                ×
              </text>
            ) : (
              <circle key={hour} cx={x(hour)} cy={y(value)} r={2.1} fill={lane.colour} />
            ),
          )
        : null}
      <text className="lane-name" x={6} y={top + 15} fill={lane.colour}>
        {lane.label}
      </text>
    </g>
  )
}

/** In hours from the reference time, wide enough for every file; lags lie further back and are listed, not drawn. */
export function hoursOf(window: Window): Range {
  return domain(window.features.filter((feature) => feature.role !== 'lag').map(range))
}

function lanesOf(window: Window, series: Props['series'], colour: (index: number) => string): Lane[] {
  return window.features
    .filter((feature) => feature.role !== 'lag')
    .map((feature, index) => ({
      key: `${feature.role} ${feature.name}`,
      label: feature.name,
      colour: colour(index),
      context: contextOf(series[feature.file_id], window.reference_time),
      line: points(feature.times, feature.values, window.reference_time),
    }))
}

function contextOf(series: SeriesLine | undefined, reference: string): Point[] {
  const zero = Date.parse(reference)
  return (series?.time_ms ?? []).map((at, index) => ({ hour: (at - zero) / HOUR, value: series?.value[index] ?? null }))
}

function range({ start_hours, end_hours }: { start_hours: number; end_hours: number }): Range {
  return { start: start_hours, end: end_hours }
}

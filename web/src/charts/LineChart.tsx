/** Lines over time or numbers, drawn by uPlot: as wide as its place, in the page's colours, with the numbers in a table for whoever cannot see it. */
import { useEffect, useMemo, useRef, useState } from 'react'
import uPlot, { type AlignedData, type Options, type Series } from 'uplot'
import 'uplot/dist/uPlot.min.css'
import './charts.css'
import { useFormat, useSpeech } from '@/i18n'
import { useColours } from './colours'
import { dateWriter, TIME_VALUES } from './timeAxis'

export interface Line {
  label: string
  /** As long as `x`; null: a gap. */
  values: (number | null)[]
  /** A colour of the style sheet; the next series colour where it is left out. */
  colour?: string
  dash?: number[]
  width?: number
  /** Fills down to the line of this index (quantile fans). */
  fillTo?: number
  points?: boolean
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- a const enum, which bundlers cannot read
const LOGARITHMIC: uPlot.Scale.Distr = 3

const SHORTEST = 1e-3
// Dates have a second row for the year or the day; numbers leave it to the picture.
const ONE_ROW_PX = 32
const COUNTS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000]

interface Props {
  /** What the chart shows, for screen readers and as its heading in the table. */
  title: string
  /** Ascending; milliseconds since 1970 where `time`. */
  x: number[]
  time?: boolean
  /** x counts things: no tick between two of them. */
  counts?: boolean
  lines: Line[]
  height?: number
  xLabel?: string
  yLabel?: string
  logarithmic?: boolean
  /** Charts with one key show their cursors together. */
  syncKey?: string
  /** Called with the range (in x's unit) after a zoom by drag; null: the whole range again (double click). */
  onZoom?: (range: [number, number] | null) => void
  /** The range that is shown, where the view and not the data decides. */
  range?: [number, number]
}

export function LineChart(props: Props) {
  const {
    title,
    x,
    lines,
    time = false,
    counts = false,
    height = 260,
    xLabel,
    yLabel,
    logarithmic = false,
    syncKey,
    range,
  } = props
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const zoomed = useRef(props.onZoom)
  const [width, setWidth] = useState(0)
  const colours = useColours()
  const { language, texts } = useSpeech()
  const format = useFormat()
  // What needs a new plot; new numbers alone do not.
  const shape = JSON.stringify([
    counts,
    ...lines.map(({ label, colour, dash, width: w, fillTo, points }) => [label, colour, dash, w, fillTo, points]),
  ])
  const data = useMemo<AlignedData>(
    () => [time ? x.map((ms) => ms / 1000) : x, ...lines.map((line) => line.values)],
    [x, time, lines],
  )
  const latest = useRef(data)

  useEffect(() => {
    zoomed.current = props.onZoom
    latest.current = data
  })

  useEffect(() => {
    const element = place.current
    if (element === null) return
    const observer = new ResizeObserver(() => setWidth(Math.floor(element.clientWidth)))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])

  useEffect(() => {
    if (place.current === null || width === 0) return
    const axis = {
      stroke: colours.muted,
      grid: { stroke: colours.grid, width: 1 },
      ticks: { stroke: colours.grid, width: 1 },
    }
    const series: Series[] = lines.map((line, index) => ({
      label: line.label,
      stroke: line.colour ?? colours.series(index),
      width: line.width ?? 1.6,
      points: { show: line.points ?? false, ...(line.width === 0 ? { size: 9, fill: line.colour } : { size: 5 }) },
      spanGaps: false,
      ...(line.dash ? { dash: line.dash } : {}),
      value: (_: uPlot, value: number | null) => format.number(value),
    }))
    const scale = time ? 1000 : 1
    // Where format.number would need more room than the axis has.
    const written = (tick: number) =>
      tick !== 0 && Math.abs(tick) < SHORTEST ? tick.toExponential(1).replace('.0e', 'e') : format.number(tick)
    const options: Options = {
      width,
      height,
      fmtDate: dateWriter(language === 'en' ? 'en-GB' : language),
      legend: { live: true },
      scales: {
        x: { time, ...(range ? { range: [range[0] / scale, range[1] / scale] } : {}) },
        y: logarithmic ? { distr: LOGARITHMIC } : {},
      },
      axes: [
        {
          ...axis,
          ...(time ? { values: TIME_VALUES } : {}),
          ...(counts ? { incrs: COUNTS } : {}),
          ...(time ? {} : { size: ONE_ROW_PX }),
          ...(xLabel ? { label: xLabel, labelSize: 22 } : {}),
        },
        {
          ...axis,
          size: 62,
          ...(yLabel ? { label: yLabel, labelSize: 22 } : {}),
          values: (_: uPlot, ticks: number[]) => ticks.map((tick) => (tick === null ? '' : written(tick))),
        },
      ],
      series: [
        time
          ? {
              label: texts.frame.time,
              value: (_: uPlot, at: number | null) => (at === null ? '–' : format.time(at * 1000)),
            }
          : { label: xLabel ?? 'x', value: (_: uPlot, at: number | null) => format.number(at) },
        ...series,
      ],
      bands: lines.flatMap((line, index) =>
        line.fillTo === undefined
          ? []
          : [
              {
                series: [index + 1, line.fillTo + 1] as [number, number],
                fill: translucent(line.colour ?? colours.series(index)),
              },
            ],
      ),
      cursor: { drag: { x: true, y: false }, ...(syncKey ? { sync: { key: syncKey } } : {}) },
      hooks: {
        setSelect: [
          (drawn) => {
            if (drawn.select.width < 4 || !zoomed.current) return
            zoomed.current([
              drawn.posToVal(drawn.select.left, 'x') * scale,
              drawn.posToVal(drawn.select.left + drawn.select.width, 'x') * scale,
            ])
          },
        ],
      },
    }
    const drawn = new uPlot(options, latest.current, place.current)
    const whole = () => zoomed.current?.(null)
    drawn.over.addEventListener('dblclick', whole)
    plot.current = drawn
    return () => {
      drawn.destroy()
      plot.current = null
    }
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `lines` are in `shape`, `format` in the language
  }, [width, height, shape, colours, language, time, logarithmic, syncKey, xLabel, yLabel, range?.[0], range?.[1]])

  useEffect(() => {
    plot.current?.setData(data)
  }, [data])

  return <div ref={place} className="line-chart" style={{ minHeight: height }} role="img" aria-label={title} />
}

function translucent(colour: string): string {
  return colour.startsWith('#') && colour.length === 7 ? `${colour}26` : colour
}

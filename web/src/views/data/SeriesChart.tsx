/** A long series that is zoomed and moved without waiting: what is there is drawn at once, detail follows from the server. */
import { Minus, MoveLeft, MoveRight, Plus, ScanLine } from 'lucide-react'
import { useEffect, useMemo, useRef, useState } from 'react'
import uPlot, { type AlignedData } from 'uplot'
import 'uplot/dist/uPlot.min.css'
import '@/charts/charts.css'
import type { Finding, SeriesFile } from '@/api/schema'
import { useColours } from '@/charts/colours'
import { dateWriter, TIME_VALUES } from '@/charts/timeAxis'
import { useFormat, useSpeech, useTexts } from '@/i18n'
import { Button } from '@/ui/Button'
import { drawLane, markAt, marksOf, ROW } from './lane'
import { useLine, type Drawn } from './queries'
import { best, moved, suffices, toFetch, zoomed, type Range } from './viewport'

const HEIGHT = 320
const AXIS = 92
const PAUSE_MS = 90
const NEAR_PX = 8

interface Props {
  file: SeriesFile
  zone: string
  findings: readonly Finding[]
  /** Looked at from outside; a new object moves the sight there. */
  focus: { range: Range } | null
  onFinding: (finding: Finding) => void
}

export function SeriesChart({ file, zone, findings, focus, onFinding }: Props) {
  const all = useTexts()
  const t = all.data
  const format = useFormat()
  const locale = useSpeech().language === 'de' ? 'de' : 'en-GB'
  const colours = useColours()
  const place = useRef<HTMLDivElement>(null)
  const lane = useRef<HTMLCanvasElement>(null)
  const plot = useRef<uPlot | null>(null)
  const sight = useRef<Range>([0, 1])
  const lines = useRef<{ raw: Drawn[]; mended: Drawn[] }>({ raw: [], mended: [] })
  const [width, setWidth] = useState(0)
  const [asked, setAsked] = useState<Range | null>(null)
  const mending = file.recipe.length > 0
  const points = Math.max(400, Math.min(4000, width * 2))
  const whole = useLine(file, null, points, false, width > 0)
  const detail = useLine(file, asked, points, false, width > 0 && asked !== null)
  const wholeMended = useLine(file, null, points, true, width > 0 && mending)
  const detailMended = useLine(file, asked, points, true, width > 0 && mending && asked !== null)
  const ends = useMemo<Range | null>(
    () => (whole.data ? [whole.data.line.first_ms, whole.data.line.last_ms] : null),
    [whole.data],
  )
  const step = whole.data?.line.step_ms ?? 1
  const { kinds, marks } = useMemo(() => marksOf(findings), [findings])

  // What a new sight does lives outside of React: a frame must not wait for it.
  const look = useRef<(range: Range) => void>(() => undefined)
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    look.current = (range) => {
      sight.current = range
      show(plot.current, lines.current, range)
      clearTimeout(timer)
      timer = setTimeout(() => {
        if (ends === null) return
        const known = best(lines.current.raw, range)
        if (!known || !suffices(known, range, ends, width)) setAsked(toFetch(range, ends))
      }, PAUSE_MS)
    }
    return () => clearTimeout(timer)
  }, [ends, width])

  useEffect(() => {
    const element = place.current
    if (element === null) return
    const observer = new ResizeObserver(() => setWidth(Math.floor(element.clientWidth)))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])

  useEffect(() => {
    if (place.current === null || width === 0 || ends === null) return
    const axis = { stroke: colours.muted, grid: { stroke: colours.grid, width: 1 }, ticks: { stroke: colours.grid } }
    const value = (_: uPlot, shown: number | null) => format.number(shown, 6)
    const drawn = new uPlot(
      {
        width,
        height: HEIGHT,
        fmtDate: dateWriter(locale),
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), zone),
        scales: { x: { time: true }, y: {} },
        axes: [
          { ...axis, values: TIME_VALUES },
          { ...axis, size: AXIS, values: (_, ticks) => ticks.map((tick) => format.number(tick)) },
        ],
        series: [
          { label: all.frame.time, value: (_, at) => (at === null ? '–' : localTime(at, zone, locale)) },
          {
            label: mending ? t.asMeasured : file.bezeichnung,
            stroke: mending ? colours.muted : colours.series(0),
            width: mending ? 1 : 1.4,
            points: { show: false },
            value,
          },
          ...(mending
            ? [{ label: t.mended, stroke: colours.series(0), width: 1.4, points: { show: false }, value }]
            : []),
        ],
        cursor: { drag: { x: true, y: false, setScale: false } },
        hooks: {
          draw: [
            (self) => {
              if (lane.current === null) return
              const [left, across] = [self.over.offsetLeft, self.over.offsetWidth]
              drawLane(lane.current, marks, kinds.length, sight.current, left, across, colours)
            },
          ],
          setSelect: [
            (self) => {
              const { left, width: across } = self.select
              if (across < 4) return
              const at = (pixel: number) => self.posToVal(pixel, 'x') * 1000
              look.current([at(left), at(left + across)])
              self.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
            },
          ],
        },
      },
      [[], ...(mending ? [[], []] : [[]])] as AlignedData,
      place.current,
    )
    const turn = (event: WheelEvent) => {
      event.preventDefault()
      const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey
      const by = sideways ? event.deltaX || event.deltaY : event.deltaY
      const at = drawn.posToVal(event.clientX - drawn.over.getBoundingClientRect().left, 'x') * 1000
      look.current(
        sideways
          ? moved(sight.current, by / width, ends)
          : zoomed(sight.current, Math.exp(Math.sign(by) * Math.min(0.3, Math.abs(by) / 500)), at, ends, step),
      )
    }
    const reset = () => look.current(ends)
    drawn.over.addEventListener('wheel', turn, { passive: false })
    drawn.over.addEventListener('dblclick', reset)
    plot.current = drawn
    const before = sight.current
    look.current(before[0] >= ends[0] && before[1] <= ends[1] ? before : ends)
    return () => {
      drawn.destroy()
      plot.current = null
    }
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the texts and formats change with the language, which `t` tells
  }, [width, ends, mending, zone, colours, t, marks, file.id])

  useEffect(() => {
    const kept = (own: Drawn | undefined, near: Drawn | undefined) => [own, near].filter((each) => each !== undefined)
    lines.current = {
      raw: kept(whole.data, asked === null ? undefined : detail.data),
      mended: mending ? kept(wholeMended.data, asked === null ? undefined : detailMended.data) : [],
    }
    show(plot.current, lines.current, sight.current)
  }, [whole.data, detail.data, wholeMended.data, detailMended.data, mending, asked, width])

  useEffect(() => {
    if (focus !== null) look.current(focus.range)
  }, [focus])

  const go = (change: (range: Range, all: Range) => Range) => {
    if (ends !== null) look.current(change(sight.current, ends))
  }
  const zoom = (factor: number) => go((range, all) => zoomed(range, factor, (range[0] + range[1]) / 2, all, step))
  const keys: Record<string, () => void> = {
    ArrowLeft: () => go((range, all) => moved(range, -0.2, all)),
    ArrowRight: () => go((range, all) => moved(range, 0.2, all)),
    '+': () => zoom(0.6),
    '-': () => zoom(1 / 0.6),
    Home: () => go((_, all) => all),
  }
  return (
    <div className="series-chart">
      <div className="row series-tools" role="toolbar" aria-label={t.sight}>
        <Button icon small aria-label={t.zoomIn} onClick={() => zoom(0.5)}>
          <Plus size={16} aria-hidden />
        </Button>
        <Button icon small aria-label={t.zoomOut} onClick={() => zoom(2)}>
          <Minus size={16} aria-hidden />
        </Button>
        <Button icon small aria-label={t.earlier} onClick={() => go((range, all) => moved(range, -0.5, all))}>
          <MoveLeft size={16} aria-hidden />
        </Button>
        <Button icon small aria-label={t.later} onClick={() => go((range, all) => moved(range, 0.5, all))}>
          <MoveRight size={16} aria-hidden />
        </Button>
        <Button small onClick={() => go((_, all) => all)}>
          <ScanLine size={16} aria-hidden /> {t.all}
        </Button>
        <span className="muted series-hint">{t.hint}</span>
        {detail.isFetching ? <span className="muted">{t.finer}</span> : null}
      </div>
      {/* eslint-disable jsx-a11y/no-noninteractive-tabindex, jsx-a11y/no-noninteractive-element-interactions -- a picture that is moved by keys */}
      <div
        ref={place}
        className="line-chart"
        style={{ minHeight: HEIGHT + 30 }}
        role="img"
        aria-label={t.lineOf(file.bezeichnung)}
        tabIndex={0}
        onKeyDown={(event) => {
          const act = keys[event.key]
          if (act === undefined) return
          event.preventDefault()
          act()
        }}
      />
      {/* eslint-enable */}
      {kinds.length > 0 ? (
        <div className="lane">
          <ul className="lane-kinds" aria-hidden>
            {kinds.map((kind) => (
              <li key={kind} style={{ height: ROW }}>
                {t.kinds[kind]}
              </li>
            ))}
          </ul>
          <canvas
            ref={lane}
            style={{ height: kinds.length * ROW }}
            role="img"
            aria-label={t.lane}
            onClick={(event) => {
              const drawn = plot.current
              if (drawn === null) return
              const box = event.currentTarget.getBoundingClientRect()
              const [from, to] = sight.current
              const at = drawn.posToVal(event.clientX - box.left - drawn.over.offsetLeft, 'x') * 1000
              const near = ((to - from) / drawn.over.offsetWidth) * NEAR_PX
              const mark = markAt(marks, Math.floor((event.clientY - box.top) / ROW), at, near)
              if (mark) onFinding(mark.finding)
            }}
          />
        </div>
      ) : null}
    </div>
  )
}

/** Puts the best of the known lines into the plot, and the sight. */
function show(plot: uPlot | null, lines: { raw: Drawn[]; mended: Drawn[] }, range: Range): void {
  const raw = best(lines.raw, range)
  if (plot === null || raw === undefined) return
  const mended = best(lines.mended, range)
  const table = (drawn: Drawn) => [seconds(drawn), drawn.line.value] as AlignedData
  const data =
    plot.series.length < 3
      ? table(raw)
      : mended === undefined
        ? ([...table(raw), seconds(raw).map(() => null)] as AlignedData)
        : joined(table(raw), table(mended))
  plot.batch(() => {
    if (plot.data !== data) plot.setData(data, false)
    plot.setScale('x', { min: range[0] / 1000, max: range[1] / 1000 })
  })
}

const converted = new WeakMap<Drawn, number[]>()

function seconds(drawn: Drawn): number[] {
  const known = converted.get(drawn) ?? drawn.line.time_ms.map((ms) => ms / 1000)
  converted.set(drawn, known)
  return known
}

let last: { of: [AlignedData[0], AlignedData[0]]; table: AlignedData } | null = null

/** Two lines over one axis; the same two are joined once. */
function joined(raw: AlignedData, mended: AlignedData): AlignedData {
  if (last === null || last.of[0] !== raw[0] || last.of[1] !== mended[0])
    last = { of: [raw[0], mended[0]], table: uPlot.join([raw, mended]) }
  return last.table
}

function localTime(at: number, zone: string, locale: string): string {
  return new Date(at * 1000).toLocaleString(locale, {
    timeZone: zone,
    dateStyle: 'medium',
    timeStyle: 'short',
  })
}

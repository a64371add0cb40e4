/** One test window at a time: truth, forecasts of all models that are shown, the fan of the first; a slider over the origins. */
import { keepPreviousData, useQueries, useQuery } from '@tanstack/react-query'
import { ChevronLeft, ChevronRight } from 'lucide-react'
import { useEffect, useId } from 'react'
import { LineChart } from '@/charts/LineChart'
import { useColours } from '@/charts/colours'
import { useFormat, useTexts } from '@/i18n'
import { Button } from '@/ui/Button'
import { Loading, Refused } from '@/ui/states'
import type { Model } from './choice'
import { linesOf, type Told } from './fan'
import { Numbers } from './parts'
import { BLOCK, windowsQuery } from './queries'
import { Worst } from './Worst'

interface Props {
  shown: Model[]
  output: string
  origin: string
  onOrigin: (origin: string) => void
  /** How often the worst windows were asked for; each time they come into sight. */
  sought: number
}

export function Windows({ shown, output, origin, onOrigin, sought }: Props) {
  const byTime = !/^\d{1,9}$/.test(origin)
  const first = shown[0]?.job_id ?? ''
  const found = useQuery({ ...windowsQuery(first, output, origin), enabled: byTime })
  const place = found.data?.origin
  useEffect(() => {
    if (byTime && place !== undefined) onOrigin(String(place)) // an instant in the address is a number from now on
  }, [byTime, place, onOrigin])
  if (found.isError) return <Refused error={found.error} onRetry={() => onOrigin('0')} />
  return (
    <div className="stack">
      {byTime ? <Loading height={320} /> : <Window {...{ shown, output, onOrigin }} place={Number(origin)} />}
      {shown[0] ? <Worst model={shown[0]} output={output} onOrigin={onOrigin} sought={sought} /> : null}
    </div>
  )
}

interface WindowProps {
  shown: Model[]
  output: string
  place: number
  onOrigin: (origin: string) => void
}

function Window({ shown, output, place, onOrigin }: WindowProps) {
  const t = useTexts().results
  const format = useFormat()
  const colours = useColours()
  const block = String(Math.floor(place / BLOCK) * BLOCK)
  const answers = useQueries({
    queries: shown.map((model) => ({
      ...windowsQuery(model.job_id, output, block),
      placeholderData: keepPreviousData,
    })),
  })
  const broken = answers.find((answer) => answer.isError)
  if (broken) return <Refused error={broken.error} onRetry={() => onOrigin('0')} />
  const answer = answers[0]?.data
  if (answer === undefined) return <Loading height={320} />
  const told = shown.flatMap((model, index): Told[] => {
    const windows = answers[index]?.data?.windows ?? []
    const window = windows.find((each) => each.index === place) ?? windows[0]
    return window ? [{ name: model.name, colour: colours.series(index), window }] : []
  })
  const window = told[0]?.window
  if (window === undefined) return <Loading height={320} />
  const words = {
    ...t,
    quantile: (level: string) => t.quantile(format.number(Number(level) * 100)),
    baseline: t.bestBaseline,
  }
  const lines = linesOf(told, answer.baseline, words, colours)
  return (
    <div className="stack">
      <Slider place={place} all={answer.origins} time={window.reference_time} onOrigin={onOrigin} />
      <LineChart
        title={`${t.faces.windows}: ${output}, ${format.time(window.reference_time)}`}
        x={window.times.map((time) => Date.parse(time))}
        time
        lines={lines}
        height={320}
        yLabel={output}
      />
      <div className="row spread">
        <p className="row">
          <span className="muted">{t.windowErrors}</span>
          {told.map(({ name, window: each }) => (
            <span key={name}>{`${name}: ${format.number(each.MAE)}`}</span>
          ))}
        </p>
        {answer.no_quantiles ? <p className="muted">{`${t.noQuantiles}: ${answer.no_quantiles}`}</p> : null}
      </div>
      <Numbers>
        <table>
          <thead>
            <tr>
              <th>{t.time}</th>
              {[...lines].reverse().map((line) => (
                <th key={line.label} className="number">
                  {line.label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {window.times.map((time, step) => (
              <tr key={time}>
                <td>{format.time(time)}</td>
                {[...lines].reverse().map((line) => (
                  <td key={line.label} className="number">
                    {format.number(line.values[step], 6)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Numbers>
    </div>
  )
}

interface SliderProps {
  place: number
  all: number
  time: string
  onOrigin: (origin: string) => void
}

function Slider({ place, all, time, onOrigin }: SliderProps) {
  const t = useTexts().results
  const format = useFormat()
  const id = useId()
  const go = (to: number) => onOrigin(String(Math.min(Math.max(to, 0), all - 1)))
  return (
    <div className="slider">
      <label htmlFor={id}>{t.origin}</label>
      <Button icon small kind="quiet" aria-label={t.earlier} disabled={place <= 0} onClick={() => go(place - 1)}>
        <ChevronLeft size={18} aria-hidden />
      </Button>
      <input
        id={id}
        type="range"
        min={0}
        max={all - 1}
        value={place}
        aria-valuetext={format.time(time)}
        onChange={(event) => go(Number(event.target.value))}
      />
      <Button icon small kind="quiet" aria-label={t.later} disabled={place >= all - 1} onClick={() => go(place + 1)}>
        <ChevronRight size={18} aria-hidden />
      </Button>
      <output htmlFor={id}>
        <strong>{format.time(time)}</strong>{' '}
        <span className="muted">{t.originOf(format.whole(place + 1), format.whole(all))}</span>
      </output>
    </div>
  )
}

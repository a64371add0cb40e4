/** The forecast as picture, table, JSON and CSV: with its quantiles, and beside what was measured where that is known. */
import { useMemo, useState } from 'react'
import { saveAs } from '@/api/client'
import type { AheadForecast, OutputForecast } from '@/api/schema'
import { useColours } from '@/charts/colours'
import { LineChart, type Line } from '@/charts/LineChart'
import { useFormat, useTexts } from '@/i18n'
import { Button } from '@/ui/Button'
import { Card } from '@/ui/Card'
import { Code } from '@/ui/Code'
import { csv, csvText, type Cell } from '@/ui/csv'
import { Tabs } from '@/ui/Tabs'

type Face = 'picture' | 'table' | 'json' | 'csv'

export function Result({ forecast }: { forecast: AheadForecast }) {
  const t = useTexts().predict
  const format = useFormat()
  const [face, setFace] = useState<Face>('picture')
  const rows = useMemo(() => table(forecast), [forecast])
  const name = `forecast_${forecast.reference_time.slice(0, 16).replace(':', '')}`
  return (
    <Card
      title={t.forecastAt(format.time(forecast.reference_time))}
      actions={
        <>
          <span className="chip">{forecast.model_type}</span>
          <Button small onClick={() => saveAs(csv(rows), `${name}.csv`)}>
            {t.downloadCsv}
          </Button>
          <Button
            small
            onClick={() =>
              saveAs(new Blob([JSON.stringify(forecast, null, 1)], { type: 'application/json' }), `${name}.json`)
            }
          >
            {t.downloadJson}
          </Button>
        </>
      }
    >
      {forecast.no_quantiles ? <p className="muted">{t.noQuantiles(forecast.no_quantiles)}</p> : null}
      <Tabs label={t.faces} value={face} onChange={setFace} tabs={t.face}>
        {face === 'picture' ? (
          <div className="stack">
            {forecast.outputs.map((output) => (
              <Picture key={output.name} output={output} />
            ))}
          </div>
        ) : face === 'table' ? (
          <Table forecast={forecast} />
        ) : (
          <Code text={face === 'json' ? JSON.stringify(forecast, null, 1) : csvText(rows)} />
        )}
      </Tabs>
    </Card>
  )
}

function Picture({ output }: { output: OutputForecast }) {
  const t = useTexts().predict
  const format = useFormat()
  const colours = useColours()
  const x = useMemo(() => output.times.map((time) => Date.parse(time)), [output])
  const lines = useMemo<Line[]>(() => {
    const levels = Object.keys(output.quantiles ?? {}).sort((a, b) => Number(a) - Number(b))
    const bands = levels.slice(0, Math.floor(levels.length / 2)).flatMap((low, index): Line[] => {
      const high = levels[levels.length - 1 - index] ?? low
      const shared = { colour: colours.series(0), width: 0.6 }
      return [
        { label: t.quantile(format.percent(Number(low), 0)), values: output.quantiles?.[low] ?? [], ...shared },
        {
          label: t.quantile(format.percent(Number(high), 0)),
          values: output.quantiles?.[high] ?? [],
          ...shared,
          fillTo: index * 2,
        },
      ]
    })
    const truth = output.truth.some((value) => value !== null)
      ? [{ label: t.truth, values: output.truth, colour: colours.text, dash: [5, 4] }]
      : []
    return [
      ...bands,
      { label: t.forecast, values: output.values, colour: colours.series(1), width: 2.2, points: x.length < 60 },
      ...truth,
    ]
  }, [output, colours, t, format, x])
  return (
    <div>
      <h3>{output.name}</h3>
      <LineChart title={t.pictureOf(output.name)} x={x} time lines={lines} height={280} yLabel={output.name} />
    </div>
  )
}

function Table({ forecast }: { forecast: AheadForecast }) {
  const t = useTexts().predict
  const format = useFormat()
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls, so the keyboard must reach it
    <div className="scroll-x tall" tabIndex={0} role="region" aria-label={t.face.table}>
      {forecast.outputs.map((output) => (
        <table key={output.name}>
          <caption>{output.name}</caption>
          <thead>
            <tr>
              <th>{t.time}</th>
              <th className="number">{t.forecast}</th>
              {levelsOf(output).map((level) => (
                <th key={level} className="number">
                  {format.percent(Number(level), 0)}
                </th>
              ))}
              <th className="number">{t.truth}</th>
            </tr>
          </thead>
          <tbody>
            {output.times.map((time, step) => (
              <tr key={time}>
                <td>{format.time(time)}</td>
                <td className="number">{format.number(output.values[step])}</td>
                {levelsOf(output).map((level) => (
                  <td key={level} className="number">
                    {format.number(output.quantiles?.[level]?.[step])}
                  </td>
                ))}
                <td className="number">{format.number(output.truth[step])}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ))}
    </div>
  )
}

function table(forecast: AheadForecast): Cell[][] {
  const levels = forecast.outputs[0] ? levelsOf(forecast.outputs[0]) : []
  const head = ['output', 'time', 'forecast', ...levels.map((level) => `q${level}`), 'measured']
  const rows = forecast.outputs.flatMap((output) =>
    output.times.map((time, step): Cell[] => [
      output.name,
      time,
      output.values[step] ?? null,
      ...levels.map((level) => output.quantiles?.[level]?.[step] ?? null),
      output.truth[step] ?? null,
    ]),
  )
  return [head, ...rows]
}

function levelsOf(output: OutputForecast): string[] {
  return Object.keys(output.quantiles ?? {}).sort((a, b) => Number(a) - Number(b))
}

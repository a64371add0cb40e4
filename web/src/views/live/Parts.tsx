/** Folds of a backtest or trials of a search as they end: a dot each, and what they come to so far as a line. */
import { useMemo, useState } from 'react'
import { useColours } from '@/charts/colours'
import { LineChart, type Line } from '@/charts/LineChart'
import { useFormat, useTexts } from '@/i18n'
import type { Part } from './replay'
import { soFar } from './parts'

interface Props {
  kind: 'fold' | 'trial'
  parts: readonly Part[]
}

export function Parts({ kind, parts }: Props) {
  const t = useTexts().live
  const format = useFormat()
  const colours = useColours()
  const names = useMemo(() => [...new Set(parts.flatMap(({ values }) => Object.keys(values)))], [parts])
  const [chosen, setChosen] = useState<string | null>(null)
  const name = chosen !== null && names.includes(chosen) ? chosen : names[0]
  const x = useMemo(() => parts.map(({ number }) => number), [parts])
  const values = useMemo(() => parts.map((part) => part.values[name ?? ''] ?? null), [parts, name])
  const lines = useMemo<Line[]>(
    () => [
      { label: t.parts[kind].one, values, colour: colours.series(0), width: 0, points: true },
      {
        label: t.parts[kind].line,
        values: soFar(values, kind === 'trial' ? 'least' : 'mean'),
        colour: colours.series(1),
        width: 2,
      },
    ],
    [values, kind, colours, t],
  )
  const without = values.filter((value) => value === null).length
  return (
    <section>
      <h3>{t.parts[kind].title}</h3>
      {parts.length === 0 ? (
        <p className="muted">{t.parts[kind].none}</p>
      ) : (
        <div className="stack">
          {names.length > 1 ? (
            <select aria-label={t.parts.output} value={name} onChange={(event) => setChosen(event.target.value)}>
              {names.map((each) => (
                <option key={each}>{each}</option>
              ))}
            </select>
          ) : null}
          <LineChart
            title={t.parts[kind].title}
            x={x}
            counts
            lines={lines}
            height={210}
            xLabel={t.parts[kind].number}
          />
          {without > 0 ? <p className="muted">{t.parts.without(format.whole(without))}</p> : null}
        </div>
      )}
    </section>
  )
}

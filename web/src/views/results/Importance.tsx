/** Which inputs the forecasts of a model rest on, over all steps and along the horizon. */
import { useQuery } from '@tanstack/react-query'
import { LyingBars } from '@/charts/Bars'
import { ends, HeatMap } from '@/charts/HeatMap'
import { useFormat, useTexts } from '@/i18n'
import { Loaded } from '@/ui/states'
import type { Model } from './choice'
import { Legend, useLead, useLeadLabels } from './parts'
import { evaluationQuery } from './queries'

interface Props {
  model: Model
  output: string
  lead: number[]
}

export function Importance({ model, output, lead }: Props) {
  const t = useTexts().results
  const format = useFormat()
  const inWords = useLead()
  const labels = useLeadLabels()
  const evaluation = useQuery(evaluationQuery(model.job_id))
  return (
    <Loaded query={evaluation} height={260}>
      {({ importance }) => {
        const found = importance?.outputs?.[output]
        if (importance === null || found === undefined)
          return <p className="muted">{importance?.undefined || t.noImportance}</p>
        const names = Object.keys(found.increase).sort(
          (one, other) => (found.increase[other] ?? 0) - (found.increase[one] ?? 0),
        )
        const rows = names.map((name) => ({ key: name, label: name, values: found.per_step[name] ?? [] }))
        const [least, most] = ends(rows, 'sequential')
        const signed = (value: number) => `${value > 0 ? '+' : ''}${format.number(value)}`
        const shares = importance.linear?.outputs?.[output]?.share
        return (
          <div className="stack">
            <p className="muted">{`${model.name}. ${t.importanceHint} ${t.importanceSamples(format.whole(importance.samples))}`}</p>
            <LyingBars
              title={t.faces.importance}
              bars={names.map((name) => ({ key: name, label: name, value: found.increase[name] ?? null }))}
              write={format.number}
            />
            <h3>{t.importanceSteps}</h3>
            <HeatMap
              title={t.importanceSteps}
              rows={rows}
              columns={labels((rows[0]?.values ?? []).map((_, step) => lead[step] ?? 0))}
              kind="sequential"
              describe={(row, column) =>
                t.cell(
                  names[row] ?? '',
                  inWords(lead[column] ?? 0),
                  'MAE',
                  `+${format.number(rows[row]?.values[column])}`,
                )
              }
            />
            <Legend kind="sequential" low={`MAE ${signed(least)}`} high={signed(most)} />
            {shares ? (
              <>
                <h3>{t.shares}</h3>
                <LyingBars
                  title={t.shares}
                  bars={names.map((name) => ({ key: name, label: name, value: shares[name] ?? null }))}
                  write={format.percent}
                />
              </>
            ) : null}
          </div>
        )
      }}
    </Loaded>
  )
}

/** One measure of every model at every step of the horizon, as a heat map; the skill stays where all models have one. */
import type { LeaderboardGroup } from '@/api/schema'
import { ends, HeatMap } from '@/charts/HeatMap'
import { useFormat, useTexts } from '@/i18n'
import type { Metric } from './choice'
import { Legend, useLead, useLeadLabels } from './parts'

interface Props {
  group: LeaderboardGroup
  metric: Metric
  output: string
  onPick: (job: string) => void
}

export function Steps({ group, metric, output, onPick }: Props) {
  const { results: t, frame } = useTexts()
  const format = useFormat()
  const inWords = useLead()
  const labels = useLeadLabels()
  const leads = group.lead_minutes?.[output] ?? []
  const best = group.rows.find((row) => row.kind === 'baseline')
  const rows = group.rows.flatMap((row) => {
    const steps = row.outputs[output]?.steps
    return steps
      ? [
          {
            key: row.job_id ?? row.name,
            label: row.kind === 'baseline' ? frame.simple(row.name) : row.name,
            values: steps[metric],
            job: row.job_id,
            beyond: row.kind === 'baseline' && row !== best,
          },
        ]
      : []
  })
  const kind = metric === 'skill' || metric === 'BIAS' ? 'diverging' : 'sequential'
  const number = (value: number | null | undefined) =>
    metric === 'skill' ? format.percent(value) : format.number(value)
  if (rows.length === 0) return null
  const [least, greatest] = ends(rows, kind)
  const further = kind === 'sequential' && rows.some((row) => row.values.some((value) => (value ?? 0) > greatest))
  return (
    <div className="stack">
      <HeatMap
        title={t.steps}
        rows={rows}
        columns={labels(leads)}
        kind={kind}
        write={leads.length <= 12 ? number : undefined}
        describe={(row, column) =>
          t.cell(rows[row]?.label ?? '', inWords(leads[column] ?? 0), metric, number(rows[row]?.values[column]))
        }
        onPick={(row) => {
          const job = rows[row]?.job
          if (job) onPick(job)
        }}
      />
      <Legend
        kind={kind}
        low={metric === 'skill' ? t.legendBad : number(least)}
        high={metric === 'skill' ? t.legendGood : further ? t.andMore(number(greatest)) : number(greatest)}
      />
    </div>
  )
}

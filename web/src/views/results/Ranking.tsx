/** Models and baselines in one order, a bar for every score; those that are shown below are ticked. */
import type { LeaderboardGroup, LeaderboardRow } from '@/api/schema'
import { useColours } from '@/charts/colours'
import { useFormat, useTexts } from '@/i18n'
import { withUnit, type Metric, type Model } from './choice'
import { Dot } from './parts'

interface Props {
  group: LeaderboardGroup
  metric: Metric
  shown: Model[]
  onToggle: (job: string) => void
}

const COLUMNS = ['MAE', 'RMSE', 'WAPE', 'skill'] as const

export function Ranking({ group, metric, shown, onToggle }: Props) {
  const t = useTexts().results
  const format = useFormat()
  const only = group.outputs.length === 1 ? group.outputs[0] : undefined
  const most = Math.max(...group.rows.map((row) => Math.abs(row.score ?? 0)), 1e-300)
  const score = (value: number | null) => (metric === 'skill' ? format.percent(value) : format.number(value))
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- scrolls, so the keyboard must be able to reach it
    <div className="scroll-x" tabIndex={0} role="region" aria-label={t.ranking}>
      <table className="ranking">
        <thead>
          <tr>
            <th className="number">{t.rank}</th>
            <th>{t.model}</th>
            <th colSpan={2}>{group.relative ? t.score : metric === 'skill' ? t.skill : withUnit(metric)}</th>
            {only === undefined
              ? group.outputs.map((name) => (
                  <th key={name} className="number">
                    {`${metric} ${name}`}
                  </th>
                ))
              : COLUMNS.filter((column) => column !== metric).map((column) => (
                  <th key={column} className="number">
                    {column === 'skill' ? t.skill : withUnit(column)}
                  </th>
                ))}
            <th className="number">{t.duration}</th>
          </tr>
        </thead>
        <tbody>
          {group.rows.map((row) => (
            <tr key={row.job_id ?? row.name} className={row.kind}>
              <td className="number">{format.whole(row.rank)}</td>
              <td>
                <Name row={row} shown={shown} onToggle={onToggle} />
              </td>
              <td className="score-bar">
                <span style={{ width: `${(100 * Math.abs(row.score ?? 0)) / most}%` }} />
              </td>
              <td className="number">
                <strong>{score(row.score)}</strong>
              </td>
              {only === undefined
                ? group.outputs.map((name) => (
                    <td key={name} className="number">
                      {score(row.outputs[name]?.[metric] ?? null)}
                    </td>
                  ))
                : COLUMNS.filter((column) => column !== metric).map((column) => (
                    <td key={column} className="number">
                      {column === 'skill'
                        ? format.percent(row.outputs[only]?.skill)
                        : format.number(row.outputs[only]?.[column])}
                    </td>
                  ))}
              <td className="number">{row.kind === 'model' ? format.duration(row.duration_seconds) : ''}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Name({ row, shown, onToggle }: { row: LeaderboardRow; shown: Model[]; onToggle: (job: string) => void }) {
  const { results: t, frame } = useTexts()
  const format = useFormat()
  const colours = useColours()
  const { job_id } = row
  if (job_id === null)
    return (
      <span className="row named">
        {frame.simple(row.name)} <span className="chip">{t.baseline}</span>
      </span>
    )
  const place = shown.findIndex((model) => model.job_id === job_id)
  const label = row.name === row.mode || row.mode === null ? row.name : `${row.name} (${row.mode})`
  return (
    <label className="row named" title={format.time(row.completed_at)}>
      <input
        type="checkbox"
        checked={place >= 0}
        aria-label={t.show(label)}
        onChange={() => {
          onToggle(job_id)
        }}
      />
      <Dot colour={place >= 0 ? colours.series(place) : undefined} />
      <span>{label}</span>
      {row.beats_baselines === true ? <span className="chip good">{t.beaten}</span> : null}
      {row.beats_baselines === false ? <span className="chip warn">{t.notBeaten}</span> : null}
    </label>
  )
}

/** The figures of a series in a table. */
import type { SeriesSummary } from '@/api/schema'
import { useFormat, useTexts } from '@/i18n'
import { plain } from './Findings'

export function Figures({ summary }: { summary: SeriesSummary }) {
  const t = useTexts().data
  const format = useFormat()
  const spread = (summary.max ?? 0) - (summary.min ?? 0)
  const number = (value: number | null) => format.among(value, spread, 5)
  const rows: [string, string][] = [
    [t.figures.rows, format.whole(summary.rows)],
    [t.figures.missing, format.whole(summary.missing)],
    [t.figures.first, plain(summary.first)],
    [t.figures.last, plain(summary.last)],
    [t.figures.step, t.minutes(format.number(summary.step_minutes))],
    [
      t.figures.longest,
      `${t.minutes(format.number(summary.longest_step.minutes))}, ${plain(summary.longest_step.from)}`,
    ],
    [t.figures.mean, number(summary.mean)],
    [t.figures.std, number(summary.std)],
    [t.figures.min, number(summary.min)],
    ...summary.quantiles.map(({ level, value }): [string, string] => [
      t.quantile(format.percent(level, 0)),
      number(value),
    ]),
    [t.figures.max, number(summary.max)],
    [t.figures.zeros, format.whole(summary.zeros)],
    [t.figures.negatives, format.whole(summary.negatives)],
  ]
  return (
    <div className="scroll-x">
      <table className="figures">
        <tbody>
          {rows.map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td className="number">{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

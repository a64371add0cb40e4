/** Whether models are better than the best baseline by more than chance, and whether their intervals hold what they say. */
import type { JobEvaluation } from '@/api/schema'
import { useFormat, useTexts } from '@/i18n'
import type { Model } from './choice'

interface Props {
  told: { model: Model; evaluation: JobEvaluation | undefined }[]
  output: string
}

const USUAL = 0.05

export function Trust({ told, output }: Props) {
  const t = useTexts().results
  return (
    <div className="grid">
      <section className="stack">
        <h3>{t.significance}</h3>
        <dl className="verdicts">
          {told.map(({ model, evaluation }) => (
            <div key={model.job_id}>
              <dt>{model.name}</dt>
              <dd>
                <Verdict found={evaluation?.significance?.[output]} />
              </dd>
            </div>
          ))}
        </dl>
      </section>
      <section className="stack">
        <h3>{t.coverage}</h3>
        {told.map(({ model, evaluation }) => (
          <Coverage key={model.job_id} model={model} evaluation={evaluation} output={output} />
        ))}
      </section>
    </div>
  )
}

function Verdict({ found }: { found: NonNullable<JobEvaluation['significance']>[string] | undefined }) {
  const t = useTexts().results
  const format = useFormat()
  if (found === undefined) return null
  const { baseline, p_value, statistic, reason } = found
  if (p_value === null || statistic === null || baseline === null) return <>{reason}</>
  const p = p_value < 0.001 ? `p < ${format.number(0.001)}` : `p = ${format.number(p_value, 2)}`
  if (p_value > USUAL) return <>{t.notSignificant(baseline, p)}</>
  return <>{statistic < 0 ? t.significant(baseline, p) : t.worse(baseline, p)}</>
}

function Coverage({
  model,
  evaluation,
  output,
}: {
  model: Model
  evaluation: JobEvaluation | undefined
  output: string
}) {
  const t = useTexts().results
  const format = useFormat()
  const intervals = evaluation?.uncertainty?.outputs[output]?.intervals ?? []
  if (intervals.length === 0)
    return <p className="muted">{`${model.name}: ${evaluation?.uncertainty?.notes.join(' ') ?? t.noQuantiles}`}</p>
  return (
    <table>
      <caption>{model.name}</caption>
      <thead>
        <tr>
          <th className="number">{t.interval}</th>
          <th className="number">{t.covered}</th>
          <th className="number">{t.width}</th>
        </tr>
      </thead>
      <tbody>
        {intervals.map((interval) => (
          <tr key={interval.nominal}>
            <td className="number">{format.percent(interval.nominal)}</td>
            <td className="number">{format.percent(interval.coverage.total)}</td>
            <td className="number">{format.number(interval.width.total)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

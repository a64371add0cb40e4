/** When models err: by hour, weekday, month and holiday of the instant that is forecast, all that are shown together. */
import { useQueries } from '@tanstack/react-query'
import type { ErrorProfile, JobEvaluation } from '@/api/schema'
import { LyingBars } from '@/charts/Bars'
import { ends, HeatMap, thinned } from '@/charts/HeatMap'
import { LineChart } from '@/charts/LineChart'
import { useColours } from '@/charts/colours'
import { useFormat, useTexts } from '@/i18n'
import { Loading, Refused } from '@/ui/states'
import type { Model } from './choice'
import { Legend, Numbers } from './parts'
import { evaluationQuery } from './queries'
import { Trust } from './Trust'

interface Told {
  model: Model
  colour: string
  profile: ErrorProfile
}

export function When({ shown, output }: { shown: Model[]; output: string }) {
  const t = useTexts().results
  const colours = useColours()
  const answers = useQueries({ queries: shown.map((model) => evaluationQuery(model.job_id)) })
  const broken = answers.find((answer) => answer.isError)
  if (broken) return <Refused error={broken.error} onRetry={() => void broken.refetch()} />
  if (answers.some((answer) => answer.data === undefined)) return <Loading height={320} />
  const evaluations = answers.flatMap((answer): JobEvaluation[] => (answer.data ? [answer.data] : []))
  const told = shown.flatMap((model, index): Told[] => {
    const profile = evaluations[index]?.profile?.[output]
    return profile ? [{ model, colour: colours.series(index), profile }] : []
  })
  const [first] = told
  if (first === undefined) return null
  return (
    <div className="stack">
      <p className="muted">{t.clock(first.profile.timezone)}</p>
      <div className="grid">
        <ByHour told={told} />
        <Grouped told={told} group="weekday" title={t.weekday} labels={t.weekdays.split(' ')} />
        <Grouped told={told} group="month" title={t.month} labels={t.months.split(' ')} />
        {first.profile.holiday ? (
          <Grouped told={told} group="holiday" title={t.holiday} labels={[t.noHoliday, t.isHoliday]} />
        ) : (
          <section>
            <h3>{t.holiday}</h3>
            <p className="muted">{t.noHolidays}</p>
          </section>
        )}
      </div>
      {told.map((each) => (
        <WeekdayHour key={each.model.job_id} told={each} />
      ))}
      <Trust told={shown.map((model, index) => ({ model, evaluation: evaluations[index] }))} output={output} />
    </div>
  )
}

function ByHour({ told }: { told: Told[] }) {
  const t = useTexts().results
  const hours = Array.from({ length: 24 }, (_, hour) => hour)
  return (
    <section>
      <h3>{t.hour}</h3>
      <LineChart
        title={t.hour}
        x={hours}
        height={200}
        yLabel="MAE"
        lines={told.map(({ model, colour, profile }) => ({ label: model.name, values: profile.hour.MAE, colour }))}
      />
    </section>
  )
}

interface GroupedProps {
  told: Told[]
  group: 'weekday' | 'month' | 'holiday'
  title: string
  labels: string[]
}

function Grouped({ told, group, title, labels }: GroupedProps) {
  const format = useFormat()
  const bars = labels.flatMap((label, place) =>
    told.flatMap(({ model, colour, profile }) => {
      const value = profile[group]?.MAE[place] ?? null
      return value === null
        ? []
        : [
            {
              key: `${label} ${model.job_id}`,
              label: told.length > 1 ? `${label} · ${model.name}` : label,
              value,
              colour,
            },
          ]
    }),
  )
  return (
    <section>
      <h3>{title}</h3>
      <LyingBars title={title} bars={bars} write={format.number} />
    </section>
  )
}

function WeekdayHour({ told: { model, profile } }: { told: Told }) {
  const t = useTexts().results
  const format = useFormat()
  const days = t.weekdays.split(' ')
  const rows = profile.weekday_hour.map((values, day) => ({ key: String(day), label: days[day] ?? '', values }))
  const hours = Array.from({ length: 24 }, (_, hour) => `${hour}`)
  const [least, most] = ends(rows, 'sequential')
  return (
    <section className="stack">
      <h3>{`${t.weekdayHour}: ${model.name}`}</h3>
      <HeatMap
        title={`${t.weekdayHour}: ${model.name}`}
        rows={rows}
        columns={thinned(hours, 12)}
        kind="sequential"
        describe={(row, column) => `${days[row] ?? ''} ${column}:00, MAE ${format.number(rows[row]?.values[column])}`}
      />
      <Legend kind="sequential" low={`MAE ${format.number(least)}`} high={format.number(most)} />
      <Numbers>
        <table>
          <tbody>
            {rows.map((row) => (
              <tr key={row.key}>
                <th scope="row">{row.label}</th>
                {row.values.map((value, hour) => (
                  <td key={hour} className="number">
                    {format.number(value, 3)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Numbers>
    </section>
  )
}

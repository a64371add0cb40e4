/** Predict: the last rows filled in, what is missing asked for, the forecast with its instants. */
import { useState } from 'react'
import { useSearchParams } from 'react-router'
import type { PredictionInputs, PredictionRequest } from '@/api/schema'
import { useMayEdit } from '@/app/access'
import { useSessionId } from '@/app/Session'
import { useFormat, useTexts } from '@/i18n'
import { Button, ButtonLink } from '@/ui/Button'
import { Card } from '@/ui/Card'
import { Field } from '@/ui/Field'
import { SameByApi } from '@/ui/SameByApi'
import { Empty, Loaded, Loading, Refused } from '@/ui/states'
import { LookOnly } from '@/views/sharing/LookOnly'
import { FilledTable } from './FilledTable'
import { given, isPartlyKnown, stillMissing, type Typed } from './filling'
import { MissingTable } from './MissingTable'
import { useForecast, useInputs, useTrainings, type Training } from './queries'
import { Result } from './Result'
import './predict.css'

export function Component() {
  const id = useSessionId()
  const { predict: t, sharing } = useTexts()
  const mayEdit = useMayEdit()
  const trainings = useTrainings(id)
  if (!mayEdit)
    return (
      <div className="stack">
        <h2>{t.title}</h2>
        <LookOnly action={<ButtonLink to={`/sessions/${id}/results`}>{sharing.toResults}</ButtonLink>} />
      </div>
    )
  return (
    <Loaded query={trainings} height={320}>
      {(jobs) =>
        jobs[0] === undefined ? (
          <Empty
            title={t.noModel}
            action={
              <ButtonLink kind="primary" to={`/sessions/${id}/train`}>
                {t.toTrain}
              </ButtonLink>
            }
          >
            {t.noModelText}
          </Empty>
        ) : (
          <Prediction id={id} jobs={jobs} first={jobs.find(({ champion }) => champion) ?? jobs[0]} />
        )
      }
    </Loaded>
  )
}

function Prediction({ id, jobs, first }: { id: string; jobs: Training[]; first: Training }) {
  const t = useTexts().predict
  const format = useFormat()
  const [parameters, setParameters] = useSearchParams()
  const model = chosen(jobs, parameters) ?? first
  const [at, setAt] = useState('')
  const [pasted, setPasted] = useState('')
  const [typed, setTyped] = useState<Typed>({})
  const asked: PredictionRequest = {
    ...(model.version === null ? { job_id: model.id } : { version: model.version }),
    ...(at ? { at: new Date(at).toISOString() } : {}),
    ...(pasted.trim() ? { csv: pasted } : {}),
  }
  const inputs = useInputs(id, asked)
  const forecast = useForecast(id)
  const told = inputs.data
  const request = { ...asked, at: told?.reference_time ?? asked.at, given: given(typed) }
  const open = told ? stillMissing(told.missing, typed) : 0
  const run = () => forecast.mutate(request)
  // A forecast of other inputs than those shown would say what is not true.
  const change = (make: () => void) => {
    forecast.reset()
    make()
  }
  return (
    <div className="stack">
      <div className="row spread">
        <h2>{t.title}</h2>
        <SameByApi
          calls={[
            {
              method: 'GET',
              path: `/api/v1/sessions/${id}/predict/inputs?${model.version === null ? `job_id=${model.id}` : `version=${model.version}`}`,
            },
            { method: 'POST', path: `/api/v1/sessions/${id}/predict`, body: request },
          ]}
        />
      </div>
      <Card>
        <div className="predict-settings">
          <Field label={t.model}>
            {(control) => (
              <select
                {...control}
                value={model.id}
                onChange={(event) =>
                  change(() => {
                    setTyped({})
                    setParameters({ job: event.target.value }, { replace: true })
                  })
                }
              >
                {jobs.map((each) => (
                  <option key={each.id} value={each.id}>
                    {trainingName(each, format.time(each.completed_at), t)}
                  </option>
                ))}
              </select>
            )}
          </Field>
          <Field label={t.at} hint={told ? t.newest(format.time(told.newest_reference_time)) : undefined}>
            {(control) => (
              <input
                {...control}
                type="datetime-local"
                value={at}
                onChange={(event) =>
                  change(() => {
                    setTyped({})
                    setAt(event.target.value)
                  })
                }
              />
            )}
          </Field>
        </div>
        {at ? (
          <Button small kind="quiet" onClick={() => change(() => setAt(''))}>
            {t.toNewest}
          </Button>
        ) : null}
      </Card>
      {told ? (
        <Card title={t.inputs}>
          <Inputs told={told} open={open} typed={typed} onTyped={(next) => change(() => setTyped(next))} />
          {inputs.isError ? <Refused error={inputs.error} /> : null}
          <details className="paste">
            <summary>{t.paste}</summary>
            <Field label={t.pasteLabel} hint={t.pasteHint(told.missing[0]?.feature ?? told.features[0]?.name ?? '')}>
              {(control) => (
                <textarea
                  {...control}
                  rows={6}
                  value={pasted}
                  onChange={(event) => change(() => setPasted(event.target.value))}
                />
              )}
            </Field>
          </details>
          <FilledTable features={told.features} />
        </Card>
      ) : inputs.isError ? (
        <Refused error={inputs.error} onRetry={() => void inputs.refetch()} />
      ) : (
        <Loading height={240} />
      )}
      <div className="row">
        <Button
          kind="primary"
          disabled={told === undefined || open > 0 || inputs.isError || forecast.isPending}
          onClick={run}
        >
          {forecast.isPending ? t.predicting : t.predict}
        </Button>
        {open > 0 ? <span className="muted">{t.open(format.whole(open))}</span> : null}
      </div>
      {forecast.isError ? <Refused error={forecast.error} onRetry={run} /> : null}
      {forecast.data ? <Result forecast={forecast.data} /> : null}
    </div>
  )
}

interface InputsProps {
  told: PredictionInputs
  open: number
  typed: Typed
  onTyped: (typed: Typed) => void
}

function Inputs({ told, open, typed, onTyped }: InputsProps) {
  const t = useTexts().predict
  const format = useFormat()
  const measured = told.features.filter(({ role }) => role !== 'calendar')
  const holdable = told.missing.some((gap) => isPartlyKnown(told.features, gap.feature))
  return (
    <div className="stack">
      <ul className="row">
        {measured.map(({ name, origins }) => {
          const gaps = stillMissing(
            told.missing.filter(({ feature }) => feature === name),
            typed,
          )
          return (
            <li key={name} className={gaps > 0 ? 'chip warn' : 'chip good'}>
              {gaps > 0 ? t.gaps(name, format.whole(gaps), format.whole(origins.length)) : t.complete(name)}
            </li>
          )
        })}
      </ul>
      {told.missing.length > 0 ? (
        <>
          <p>{open === 0 ? t.allGiven : holdable ? t.missingText : t.missingAllText}</p>
          <MissingTable inputs={told} typed={typed} onChange={onTyped} />
        </>
      ) : (
        <p className="muted">{t.nothingMissing}</p>
      )}
    </div>
  )
}

/** By its job, or by its number as a version of the session's model. */
function chosen(jobs: readonly Training[], parameters: URLSearchParams): Training | undefined {
  const job = parameters.get('job')
  const version = Number(parameters.get('version'))
  return jobs.find((each) => each.id === job) ?? jobs.find((each) => each.version === version)
}

/** With its version, and its place among all trainings and baselines of the session. */
function trainingName(
  { rank, name, mode, version, champion }: Training,
  time: string,
  t: { version: (number: number) => string; champion: string; rank: (rank: number) => string },
): string {
  return [
    version === null ? null : t.version(version),
    champion ? t.champion : null,
    mode === null || mode === name ? name : `${name} (${mode})`,
    rank === null ? null : t.rank(rank),
    time,
  ]
    .filter((part) => part !== null)
    .join(' · ')
}

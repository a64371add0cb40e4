/** Start trainings: what costs nothing, the models, a form drawn from the workload's schema beside its JSON. */
import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { useSearchParams } from 'react-router'
import { api, call } from '@/api/client'
import type { Workload } from '@/api/schema'
import { useMayEdit } from '@/app/access'
import { useSessionId } from '@/app/Session'
import { useTexts } from '@/i18n'
import { ButtonLink } from '@/ui/Button'
import { Card } from '@/ui/Card'
import { SameByApi } from '@/ui/SameByApi'
import { Loaded } from '@/ui/states'
import { Tabs } from '@/ui/Tabs'
import { LookOnly } from '@/views/sharing/LookOnly'
import { Baselines } from './Baselines'
import { JsonEditor } from './JsonEditor'
import { Models } from './Models'
import { begin, changed, fromAddress, toSend, written, type Plan } from './plan'
import { deciding, fieldsOf, valueAt, type Path } from './schema'
import { SchemaForm } from './SchemaForm'
import { Start } from './Start'
import { placed, useCheck } from './useCheck'
import './train.css'

export function Component() {
  const { train: t, sharing } = useTexts()
  const mayEdit = useMayEdit()
  const sessionId = useSessionId()
  const workloads = useQuery({
    queryKey: ['workloads'],
    queryFn: () => call(api.GET('/api/v1/workloads')),
    staleTime: Infinity,
  })
  return (
    <div className="stack">
      <div className="spread row">
        <div>
          <h2>{t.heading}</h2>
          <p className="muted">{t.intro}</p>
        </div>
      </div>
      <Baselines sessionId={sessionId} />
      {mayEdit ? (
        <Loaded query={workloads} height={420}>
          {(answer) => <Chosen sessionId={sessionId} workloads={answer.workloads.filter((each) => each.native)} />}
        </Loaded>
      ) : (
        <LookOnly action={<ButtonLink to={`/sessions/${sessionId}/results`}>{sharing.toResults}</ButtonLink>} />
      )}
    </div>
  )
}

/** Which kind of job; of those that work on the files of a session. */
function Chosen({ sessionId, workloads }: { sessionId: string; workloads: Workload[] }) {
  const t = useTexts().train
  const offered = workloads.filter((each) => each.created_from === 'session' && each.lane === 'training')
  const [name, setName] = useState<string>(offered[0]?.name ?? '')
  const workload = offered.find((each) => each.name === name)
  return (
    <>
      {offered.length > 1 ? (
        <Tabs
          label={t.kind}
          value={name}
          onChange={setName}
          tabs={Object.fromEntries(offered.map((each) => [each.name, t.kinds[each.name] ?? each.summary]))}
        >
          {workload ? <Prepared key={name} sessionId={sessionId} workload={workload} /> : null}
        </Tabs>
      ) : workload ? (
        <Prepared sessionId={sessionId} workload={workload} />
      ) : null}
    </>
  )
}

function Prepared({ sessionId, workload }: { sessionId: string; workload: Workload }) {
  const t = useTexts().train
  const fields = useMemo(() => fieldsOf(workload.schema), [workload])
  const choice = useMemo(() => deciding(fields), [fields])
  const [parameters] = useSearchParams()
  const [plan, setPlan] = useState<Plan>(() =>
    begin(choice?.path ?? null, choice?.field.options[0], fromAddress(parameters, fields)),
  )
  const own = choice === null ? null : choice.path.slice(0, -1)
  const configs = useMemo(() => toSend(plan, fields), [plan, fields])
  const shown = configs[plan.at] ?? {}
  const check = useCheck(workload.name, shown, sessionId)
  const { beside, complete } = placed(check.problems, fields)
  const nameOf = (at: number): string => {
    const value = choice === null ? undefined : valueAt(plan.configs[at], choice.path)
    return typeof value === 'string' || typeof value === 'number'
      ? String(value)
      : (t.kinds[workload.name] ?? workload.name)
  }
  const names = plan.configs.map((_, at) => nameOf(at))
  const form = (
    <div className="train-settings">
      <div className="stack">
        <SchemaForm
          fields={fields}
          values={plan.configs[plan.at] ?? {}}
          problems={beside}
          first={own?.[0]}
          onChange={(path, value) => setPlan(changed(plan, path, own, value))}
          hidden={(path) => isSame(path, choice?.path) || isSame(path, ['allow_parallel'])}
        />
      </div>
      <JsonEditor config={plan.configs[plan.at] ?? {}} onChange={(config) => setPlan(written(plan, own, config))} />
    </div>
  )
  return (
    <div className="stack">
      {choice !== null ? <Models plan={plan} path={choice.path} field={choice.field} onChange={setPlan} /> : null}
      <Card
        title={t.settings}
        actions={
          <SameByApi
            calls={configs.map((config) => ({
              method: 'POST' as const,
              path: '/api/v1/training/jobs',
              body: { workload: workload.name, session_id: sessionId, config },
            }))}
          />
        }
      >
        {names.length > 1 ? (
          <Tabs
            label={t.models}
            value={String(plan.at)}
            onChange={(at) => setPlan({ ...plan, at: Number(at) })}
            tabs={Object.fromEntries(names.map((name, at) => [String(at), name]))}
          >
            {form}
          </Tabs>
        ) : (
          form
        )}
      </Card>
      <Start
        sessionId={sessionId}
        workload={workload.name}
        configs={configs}
        names={names}
        check={check}
        unplaced={!complete}
      />
    </div>
  )
}

function isSame(path: Path, other: Path | undefined): boolean {
  return other !== undefined && path.join('.') === other.join('.')
}

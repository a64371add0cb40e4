/** Results: which model is best, how far it is from doing nothing clever, where and when it errs. */
import { useQuery } from '@tanstack/react-query'
import { ChartLine } from 'lucide-react'
import { useState } from 'react'
import { useSessionId } from '@/app/Session'
import type { SessionLeaderboard } from '@/api/schema'
import { useTexts } from '@/i18n'
import { ButtonLink } from '@/ui/Button'
import { Card } from '@/ui/Card'
import { SameByApi } from '@/ui/SameByApi'
import { Empty, Loaded } from '@/ui/states'
import { Tabs } from '@/ui/Tabs'
import { METRICS, shownOf, toggled, useChoice, type Choice, type Metric, type Model } from './choice'
import { Importance } from './Importance'
import { Pick } from './parts'
import { boardQuery } from './queries'
import { Ranking } from './Ranking'
import { useReason } from './reason'
import { Residuals } from './Residuals'
import './results.css'
import { Steps } from './Steps'
import { Tables } from './Tables'
import { When } from './When'
import { Windows } from './Windows'

const ALL = '\u0000'

export function Component() {
  const t = useTexts().results
  const session = useSessionId()
  const [choice, choose] = useChoice()
  const board = useQuery(boardQuery(session, choice.metric, choice.output))
  return (
    <Loaded query={board} height={420}>
      {(found) =>
        found.groups.length === 0 ? (
          <Empty
            picture={<ChartLine size={40} aria-hidden />}
            title={t.empty}
            action={
              <ButtonLink kind="primary" to={`/sessions/${session}/train`}>
                {t.toTraining}
              </ButtonLink>
            }
          >
            {t.emptyHint}
          </Empty>
        ) : (
          <Board session={session} board={found} choice={choice} choose={choose} />
        )
      }
    </Loaded>
  )
}

interface Props {
  session: string
  board: SessionLeaderboard
  choice: Choice
  choose: (change: Partial<Choice>) => void
}

function Board({ session, board, choice, choose }: Props) {
  const t = useTexts().results
  const shown = shownOf(board, choice.jobs)
  const group = board.groups.find((each) => each.rows.some((row) => row.job_id === shown[0]?.job_id)) ?? board.groups[0]
  const output = choice.output ?? group?.outputs[0] ?? ''
  const reason = useReason(board.groups[0])
  const [sought, setSought] = useState(0)
  const toWorst = (job: string) => {
    choose({
      jobs: [job, ...shown.map((model) => model.job_id).filter((each) => each !== job)].slice(0, 4),
      face: 'windows',
    })
    setSought((times) => times + 1)
  }
  return (
    <div className="stack">
      <Card title={t.ranking} actions={<Wishes board={board} choice={choice} choose={choose} />}>
        <div className="stack">
          <p className="muted">{`${t.rankingHint} ${t.explain[choice.metric]}`}</p>
          {board.groups.map((each) => (
            <section key={each.rows[0]?.job_id ?? each.reason} className="stack">
              {each.reason === null ? null : (
                <div className="note warn">
                  <h3>{t.apart}</h3>
                  <p>{reason(each)}</p>
                </div>
              )}
              {each.relative && each.reason === null ? <p className="muted">{t.relative}</p> : null}
              <Ranking
                group={each}
                metric={choice.metric}
                shown={shown}
                onToggle={(job) => choose({ jobs: toggled(board, shown, job) })}
              />
            </section>
          ))}
          {board.truncated ? <p className="note warn">{t.truncated}</p> : null}
        </div>
      </Card>
      {group ? (
        <Card
          title={`${t.steps}: ${choice.metric === 'skill' ? t.skill : choice.metric}, ${output}`}
          actions={<Outputs board={board} output={output} choose={choose} />}
        >
          <div className="stack">
            <p className="muted">{t.stepsHint}</p>
            <Steps group={group} metric={choice.metric} output={output} onPick={toWorst} />
          </div>
        </Card>
      ) : null}
      <Card title={`${t.details}: ${output}`}>
        <Tabs
          label={t.details}
          value={choice.face}
          onChange={(face) => {
            setSought(0)
            choose({ face })
          }}
          tabs={t.faces}
        >
          <Face {...{ shown, output, choice, choose, sought }} lead={group?.lead_minutes?.[output] ?? []} />
        </Tabs>
      </Card>
      <SameByApi calls={calls(session, choice, shown, output)} />
    </div>
  )
}

interface FaceProps {
  shown: Model[]
  output: string
  choice: Choice
  choose: (change: Partial<Choice>) => void
  lead: number[]
  /** How often the worst windows were asked for. */
  sought: number
}

function Face({ shown, output, choice, choose, lead, sought }: FaceProps) {
  const [model] = shown
  if (model === undefined) return null
  switch (choice.face) {
    case 'windows':
      return <Windows {...{ shown, output, sought }} origin={choice.origin} onOrigin={(origin) => choose({ origin })} />
    case 'when':
      return <When shown={shown} output={output} />
    case 'residuals':
      return <Residuals model={model} output={output} />
    case 'importance':
      return <Importance model={model} output={output} lead={lead} />
    case 'tables':
      return <Tables model={model} output={output} />
  }
}

function Wishes({ board, choice, choose }: Omit<Props, 'session'>) {
  const t = useTexts().results
  return (
    <>
      <Pick
        label={t.metric}
        value={choice.metric}
        options={METRICS.map((metric): [string, string] => [metric, metric === 'skill' ? t.skill : metric])}
        onChange={(metric) => choose({ metric: metric as Metric })}
      />
      {board.outputs.length > 1 ? (
        <Pick
          label={t.output}
          value={choice.output ?? ALL}
          options={[[ALL, t.allOutputs], ...board.outputs.map((name): [string, string] => [name, name])]}
          onChange={(output) => choose({ output: output === ALL ? null : output })}
        />
      ) : null}
    </>
  )
}

/** The pictures below show one output at a time. */
function Outputs({ board, output, choose }: { board: SessionLeaderboard; output: string; choose: Props['choose'] }) {
  const t = useTexts().results
  return board.outputs.length > 1 ? (
    <Pick
      label={t.output}
      value={output}
      options={board.outputs.map((name): [string, string] => [name, name])}
      onChange={(name) => choose({ output: name })}
    />
  ) : null
}

function calls(session: string, choice: Choice, shown: Model[], output: string) {
  const query = new URLSearchParams({ metric: choice.metric, horizon: 'true' })
  if (choice.output !== null) query.set('output', choice.output)
  const job = `/api/v1/training/jobs/${shown[0]?.job_id ?? ''}`
  const of = new URLSearchParams({ output }).toString()
  return [
    `/api/v1/sessions/${session}/leaderboard?${query.toString()}`,
    `${job}/forecasts?${of}&origin=${choice.origin}`,
    `${job}/evaluation`,
    `${job}/residuals?${of}`,
    `${job}/tables?format=csv&${of}`,
  ].map((path) => ({ method: 'GET' as const, path }))
}

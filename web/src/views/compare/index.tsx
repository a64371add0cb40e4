/** Several sessions beside each other: the best results of each, with its best baseline. */
import { useQueries } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Link, useSearchParams } from 'react-router'
import { api, call } from '@/api/client'
import type { LeaderboardGroup, LeaderboardRow, SessionLeaderboard } from '@/api/schema'
import { useFormat, useTexts } from '@/i18n'
import { ButtonLink } from '@/ui/Button'
import { Card } from '@/ui/Card'
import { SameByApi } from '@/ui/SameByApi'
import { Empty, Loaded } from '@/ui/states'
import { SkillBars } from './SkillBars'
import '../sessions/sessions.css'

const SHOWN = 6

export function Component() {
  const t = useTexts().sessions
  const ids = useSearchParams()[0].getAll('session')
  const boards = useQueries({
    queries: ids.map((id) => ({
      queryKey: ['session', id, 'leaderboard'],
      queryFn: () =>
        call(api.GET('/api/v1/sessions/{session_id}/leaderboard', { params: { path: { session_id: id } } })),
    })),
  })
  const sessions = useQueries({
    queries: ids.map((id) => ({
      queryKey: ['session', id, 'summary'],
      queryFn: () => call(api.GET('/api/v1/sessions/{session_id}', { params: { path: { session_id: id } } })),
    })),
  })
  const names = ids.map((id, place) => sessions[place]?.data?.session.name ?? id.slice(0, 8))
  if (ids.length < 2)
    return (
      <Empty title={t.compareTooFew} action={<ButtonLink to="/sessions">{t.toList}</ButtonLink>}>
        {t.compareTooFewText}
      </Empty>
    )
  const bars = boards.flatMap((board, place) => {
    const best = bestModel(board.data)
    return best === null ? [] : [{ name: names[place] ?? '', mode: best.mode ?? best.name, skill: skillOf(best) }]
  })
  return (
    <div className="stack">
      <div className="page-head">
        <div>
          <h1>{t.comparison}</h1>
          <p className="muted">{t.comparisonText}</p>
        </div>
        <div className="row">
          <SameByApi calls={ids.map((id) => ({ method: 'GET', path: `/api/v1/sessions/${id}/leaderboard` }))} />
          <ButtonLink to="/sessions">{t.toList}</ButtonLink>
        </div>
      </div>
      {bars.length > 0 ? <SkillBars bars={bars} /> : null}
      <div className="compare-grid">
        {boards.map((board, place) => (
          <Card key={ids[place]} title={<Link to={`/sessions/${ids[place] ?? ''}`}>{names[place]}</Link>}>
            <Loaded query={board}>{(data) => <Board board={data} session={ids[place] ?? ''} />}</Loaded>
          </Card>
        ))}
      </div>
    </div>
  )
}

function Board({ board, session }: { board: SessionLeaderboard; session: string }) {
  const { sessions: t, frame } = useTexts()
  const format = useFormat()
  const group = board.groups[0]
  if (group === undefined || !group.rows.some((row) => row.kind === 'model'))
    return (
      <div className="stack">
        <p>{t.noResults}</p>
        <div className="row">
          <ButtonLink small to={`/sessions/${session}`}>
            {t.train}
          </ButtonLink>
        </div>
      </div>
    )
  const named = (row: LeaderboardRow) =>
    row.kind === 'baseline' ? (
      <>
        {frame.simple(row.name)} <span className="chip">{t.baseline}</span>
      </>
    ) : (
      (row.mode ?? row.name)
    )
  return (
    <div className="scroll-x">
      <table className="compare-table">
        <caption className="muted">{t.samples(format.whole(group.test_samples.count))}</caption>
        <thead>
          <tr>
            <th>{t.model}</th>
            <th>{t.outputs}</th>
            <th className="number">{t.mae}</th>
            <th className="number">{t.rmse}</th>
            <th className="number" title={t.skillHint}>
              {t.skillHead}
            </th>
          </tr>
        </thead>
        <tbody>{shownRows(group).flatMap((row) => linesOf(row, group, named, format))}</tbody>
      </table>
    </div>
  )
}

function linesOf(
  row: LeaderboardRow,
  group: LeaderboardGroup,
  named: (row: LeaderboardRow) => ReactNode,
  format: ReturnType<typeof useFormat>,
) {
  return group.outputs.map((output, place) => {
    const errors = row.outputs[output]
    return (
      <tr key={`${row.job_id ?? row.name} ${output}`}>
        <td>{place > 0 ? null : named(row)}</td>
        <td className="compare-output">{output}</td>
        <td className="number">{format.number(errors?.MAE)}</td>
        <td className="number">{format.number(errors?.RMSE)}</td>
        <td className="number">{row.kind === 'baseline' ? null : format.percent(errors?.skill)}</td>
      </tr>
    )
  })
}

/** The best models and the best baseline, in the order of their rank. */
function shownRows(group: LeaderboardGroup): LeaderboardRow[] {
  const models = group.rows.filter((row) => row.kind === 'model').slice(0, SHOWN)
  const baseline = group.rows.find((row) => row.kind === 'baseline')
  return group.rows.filter((row) => models.includes(row) || row === baseline)
}

function bestModel(board: SessionLeaderboard | undefined): LeaderboardRow | null {
  return board?.groups[0]?.rows.find((row) => row.kind === 'model') ?? null
}

/** The mean over the outputs; null where one has none. */
function skillOf(row: LeaderboardRow): number | null {
  const skills = Object.values(row.outputs).map((errors) => errors.skill)
  if (skills.length === 0 || skills.some((skill) => skill === null || skill === undefined)) return null
  return skills.reduce<number>((sum, skill) => sum + (skill ?? 0), 0) / skills.length
}

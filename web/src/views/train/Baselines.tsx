/** What costs nothing, shown before anything is trained: the simple forecasts and AUTO on the validation samples. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { api, ApiError, call, send } from '@/api/client'
import type { RankedOutput, RankingTable } from '@/api/schema'
import { useMayEdit } from '@/app/access'
import { useColours } from '@/charts/colours'
import { LineChart, type Line } from '@/charts/LineChart'
import { useFormat, useTexts } from '@/i18n'
import { Button, ButtonLink } from '@/ui/Button'
import { Card } from '@/ui/Card'
import { Empty, Loaded, Loading, Refused } from '@/ui/states'

/** Hours: from so far ahead on, whole ones are ticks enough. */
const HALF_DAY = 12

export function useRanking(sessionId: string) {
  return useQuery({
    queryKey: ['session', sessionId, 'ranking'],
    queryFn: async () => {
      try {
        return (
          await call(api.GET('/api/training/ranking/{session_id}', { params: { path: { session_id: sessionId } } }))
        ).ranking
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) return null
        throw error
      }
    },
  })
}

export function Baselines({ sessionId }: { sessionId: string }) {
  const t = useTexts().train
  const client = useQueryClient()
  const mayEdit = useMayEdit()
  const ranking = useRanking(sessionId)
  const make = useMutation({
    mutationFn: () =>
      send(`/api/training/generate-datasets/${sessionId}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: '{}',
      }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['session', sessionId] }),
  })
  return (
    <Card title={t.baselines}>
      <div className="stack">
        <p className="muted">{t.baselinesText}</p>
        <Loaded query={ranking}>
          {(table) =>
            table !== null ? (
              <Table table={table} />
            ) : make.isPending ? (
              <div className="stack">
                <p role="status">{t.baselinesWorking}</p>
                <Loading />
              </div>
            ) : make.isError ? (
              <Refused
                error={make.error}
                onRetry={() => make.mutate()}
                action={
                  <ButtonLink small to={`/sessions/${sessionId}/windows`}>
                    {t.toData}
                  </ButtonLink>
                }
              />
            ) : (
              <Empty
                title={t.baselinesNone}
                action={
                  mayEdit ? (
                    <Button kind="primary" onClick={() => make.mutate()}>
                      {t.baselinesMake}
                    </Button>
                  ) : null
                }
              >
                {t.baselinesNoneText}
              </Empty>
            )
          }
        </Loaded>
      </div>
    </Card>
  )
}

function Table({ table }: { table: RankingTable }) {
  const t = useTexts().train
  const names = Object.keys(table.outputs ?? {})
  const [chosen, setChosen] = useState(names[0])
  const output = chosen === undefined ? undefined : table.outputs?.[chosen]
  if (output === undefined)
    return (
      <p className="note warn">
        {t.baselinesUndefined} {table.undefined}
      </p>
    )
  return (
    <div className="stack">
      {names.length > 1 ? (
        <label className="row">
          {t.output}
          <select value={chosen} onChange={(event) => setChosen(event.target.value)}>
            {names.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      ) : null}
      <Ranked output={output} name={chosen ?? ''} />
    </div>
  )
}

function Ranked({ output, name }: { output: RankedOutput; name: string }) {
  const { train: t, frame } = useTexts()
  const format = useFormat()
  const colours = useColours()
  const best = output.models.find((each) => each.model !== 'AUTO')?.model
  const hours = useMemo(() => output.steps.lead_minutes.map((minutes) => minutes / 60), [output])
  const lines = useMemo<Line[]>(
    () =>
      output.models.map(({ model }, index) => ({
        label: frame.simple(model),
        values: output.steps.MAE[model] ?? [],
        colour: model === best ? colours.baseline : colours.series(index),
        width: model === best || model === 'AUTO' ? 2.4 : 1.2,
        ...(model === 'AUTO' ? {} : { dash: model === best ? [8, 4] : [3, 4] }),
      })),
    [output, best, colours, frame],
  )
  return (
    <div className="ranked">
      <LineChart
        title={`${t.error}: ${name}`}
        x={hours}
        lines={lines}
        height={230}
        xLabel={t.lead}
        yLabel={`MAE ${name}`}
        counts={(hours.at(-1) ?? 0) > HALF_DAY}
      />
      {/* Scrolls where it is narrow, so the keyboard must be able to reach it. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className="scroll-x stack" role="region" aria-label={t.baselines} tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t.model}</th>
              <th scope="col" className="number">
                {t.error}
              </th>
              <th scope="col" className="number">
                {t.skill}
              </th>
            </tr>
          </thead>
          <tbody>
            {output.models.map((each) => (
              <tr key={each.model}>
                <th scope="row">{frame.simple(each.model)}</th>
                <td className="number">{format.number(each.MAE)}</td>
                <td className="number">{each.model === 'AUTO' ? format.percent(each.skill) : ''}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <p className="muted">{t.judgedOn(format.whole(output.samples))}</p>
      </div>
    </div>
  )
}

/** Datasets: how every variable lies in the samples, by part of the split, by hour, by weekday; and building them. */
import { useState } from 'react'
import { ApiError } from '@/api/client'
import type { Distributions, StoredPlot, VariableSpread } from '@/api/schema'
import { useMayEdit } from '@/app/access'
import { useSessionId } from '@/app/Session'
import { useColours } from '@/charts/colours'
import { useFormat, useTexts } from '@/i18n'
import { Button, ButtonLink } from '@/ui/Button'
import { Card } from '@/ui/Card'
import { Field } from '@/ui/Field'
import { useRefusalWords } from '@/ui/refusalWords'
import { SameByApi } from '@/ui/SameByApi'
import { Empty, Loading, Refused } from '@/ui/states'
import { Tabs } from '@/ui/Tabs'
import { useToast } from '@/ui/Toasts'
import { address, split, useBuild, useDistributions, usePictures, type By, type Shares } from './queries'
import { VariableCard } from './VariableCard'
import './datasets.css'

const USUAL: Shares = { train: 70, validation: 20, test: 10 }
const PARTS = ['train', 'validation', 'test'] as const

export function Component() {
  const id = useSessionId()
  const t = useTexts().datasets
  const [by, setBy] = useState<By>('all')
  const [typed, setTyped] = useState({ train: '70', validation: '20', test: '10' })
  const shares = sharesOf(typed)
  const found = useDistributions(id, by, shares ?? USUAL)
  const words = useRefusalWords()
  const incomplete = found.error instanceof ApiError && found.error.status === 422 ? found.error : null
  return (
    <div className="stack">
      <div className="row spread">
        <h2>{t.title}</h2>
        <SameByApi
          calls={[
            { method: 'GET', path: address(id, by, shares ?? USUAL) },
            {
              method: 'POST',
              path: `/api/training/generate-datasets/${id}`,
              body: { training_split: split(shares ?? USUAL) },
            },
          ]}
        />
      </div>
      {incomplete !== null && !found.data ? (
        <Empty
          title={t.notYet}
          action={
            <ButtonLink kind="primary" to={`/sessions/${id}/windows`}>
              {t.toWindows}
            </ButtonLink>
          }
        >
          {incomplete.code === 'INCOMPLETE_CONFIG' ? t.notYetText : words(incomplete).message}
        </Empty>
      ) : (
        <>
          <Build id={id} shares={shares ?? USUAL} />
          <Tabs label={t.by} value={by} onChange={setBy} tabs={t.ways}>
            <div className="stack">
              {by === 'split' ? (
                <div className="shares">
                  {PARTS.map((part) => (
                    <Field key={part} label={t.share(t.group('split', part))} problem={shares ? null : t.addUp}>
                      {(control) => (
                        <input
                          {...control}
                          inputMode="decimal"
                          value={typed[part]}
                          onChange={(event) => setTyped({ ...typed, [part]: event.target.value })}
                        />
                      )}
                    </Field>
                  ))}
                </div>
              ) : null}
              {found.data ? (
                <Pictures id={id} told={found.data} shares={shares ?? USUAL} />
              ) : found.isError ? (
                <Refused error={found.error} onRetry={() => void found.refetch()} />
              ) : (
                <Loading height={320} />
              )}
            </div>
          </Tabs>
        </>
      )}
    </div>
  )
}

function Pictures({ id, told, shares }: { id: string; told: Distributions; shares: Shares }) {
  const t = useTexts().datasets
  const format = useFormat()
  const colours = useColours()
  const drawn = usePictures(id)
  const wide = told.by === 'hour' || told.by === 'weekday'
  return (
    <>
      <p className="muted">
        {t.from(format.whole(told.samples), format.whole(told.of_samples))}
        {wide ? ` ${t.clock(told.timezone)}` : ''}
      </p>
      <div className={wide ? 'violin-grid wide' : 'violin-grid'}>
        {told.variables.map((variable, index) => (
          <VariableCard
            key={`${variable.role} ${variable.name}`}
            variable={variable}
            by={told.by}
            colour={colours.series(index)}
            address={address(id, told.by, shares)}
            picture={pictureOf(variable, drawn.data?.plots ?? {})}
          />
        ))}
      </div>
    </>
  )
}

function Build({ id, shares }: { id: string; shares: Shares }) {
  const t = useTexts().datasets
  const format = useFormat()
  const toast = useToast()
  const mayEdit = useMayEdit()
  const build = useBuild(id)
  const drawn = usePictures(id)
  const start = () =>
    build.mutate(shares, {
      onSuccess: (answer) => toast({ text: 'n_dat' in answer ? t.built(format.whole(answer.n_dat)) : t.stillWorking }),
    })
  return (
    <Card title={mayEdit ? t.build : t.title}>
      <div className="row">
        {mayEdit ? (
          <>
            <Button kind="primary" disabled={build.isPending} onClick={start}>
              {build.isPending ? t.building : t.buildNow}
            </Button>
            <ButtonLink to={`/sessions/${id}/train`}>{t.toTrain}</ButtonLink>
          </>
        ) : null}
        <span className="muted">
          {drawn.data?.samples ? t.builtBefore(format.whole(drawn.data.samples)) : t.neverBuilt}
        </span>
      </div>
      {build.isError ? <Refused error={build.error} onRetry={start} /> : null}
    </Card>
  )
}

/** The pictures are called after role and variable. */
function pictureOf(variable: VariableSpread, plots: Record<string, StoredPlot>): StoredPlot | undefined {
  const kind = { input: 'input', lag: 'input', calendar: 'time', output: 'output' }[variable.role]
  return plots[`${kind}_${variable.name}`]
}

/** Percentages that add up, or null while they do not. */
function sharesOf(typed: Record<keyof Shares, string>): Shares | null {
  const [train, validation, test] = PARTS.map((part) => Number(typed[part].replace(',', '.'))) as [
    number,
    number,
    number,
  ]
  const fits = train > 0 && validation >= 0 && test > 0 && Math.abs(train + validation + test - 100) < 0.01
  return fits ? { train, validation, test } : null
}

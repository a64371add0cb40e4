/** The data of a session, file by file: the whole line at any zoom, what is wrong in it and what mends it, its rhythm and figures. */
import { Upload } from 'lucide-react'
import { useState } from 'react'
import { useSearchParams } from 'react-router'
import { useSessionId } from '@/app/Session'
import type { Finding, RecipeStep, SeriesFile } from '@/api/schema'
import { useTexts } from '@/i18n'
import { ButtonLink } from '@/ui/Button'
import { Card } from '@/ui/Card'
import { SameByApi } from '@/ui/SameByApi'
import { Empty, Loaded, Loading } from '@/ui/states'
import { useFiles } from '../upload/SessionFiles'
import { Figures } from './Figures'
import { Findings } from './Findings'
import { HeatMap, WeekTable } from './HeatMap'
import { useCare, useHeat, useRecipe, useSummary } from './queries'
import { RecipeCard } from './RecipeCard'
import { SeriesChart } from './SeriesChart'
import { around, type Range } from './viewport'
import './data.css'

export function Component() {
  const t = useTexts().data
  const sessionId = useSessionId()
  const [parameters, setParameters] = useSearchParams()
  const files = useFiles(sessionId)
  const toUpload = (
    <ButtonLink kind="primary" to={`/sessions/${sessionId}/upload`}>
      <Upload size={16} aria-hidden /> {t.toUpload}
    </ButtonLink>
  )
  return (
    <Loaded query={files} height={360}>
      {({ data }) => {
        const ready = data.filter((file) => file.datenpunkte !== null)
        const file = ready.find((each) => each.id === parameters.get('file')) ?? ready[0]
        if (file === undefined)
          return (
            <Empty title={t.noFiles} action={toUpload}>
              {t.noFilesText}
            </Empty>
          )
        return (
          <div className="stack">
            <div className="row spread">
              <h2>{t.title}</h2>
              <div className="row">
                <select
                  aria-label={t.file}
                  className="data-file"
                  value={file.id}
                  onChange={(event) => setParameters({ file: event.target.value }, { replace: true })}
                >
                  {ready.map((each) => (
                    <option key={each.id} value={each.id}>{`${each.bezeichnung} (${t.roles[each.type]})`}</option>
                  ))}
                </select>
                <SameByApi calls={callsOf(file)} />
              </div>
            </div>
            <OneFile key={file.id} file={file} />
          </div>
        )
      }}
    </Loaded>
  )
}

function OneFile({ file }: { file: SeriesFile }) {
  const t = useTexts().data
  const [focus, setFocus] = useState<{ range: Range } | null>(null)
  const [chosen, setChosen] = useState<Finding | null>(null)
  const mended = file.recipe.length > 0
  const care = useCare(file)
  const heat = useHeat(file, mended)
  const summary = useSummary(file, mended)
  const recipe = useRecipe(file)
  const findings = care.data?.data.findings ?? NONE
  const look = (finding: Finding) => {
    setChosen(finding)
    if (summary.data === undefined) return
    const whole: Range = [Date.parse(summary.data.first), Date.parse(summary.data.last)]
    const step = summary.data.step_minutes * 60_000
    setFocus({ range: around(Date.parse(finding.from), Date.parse(finding.to), whole, step) })
  }
  const change = (steps: RecipeStep[]) => recipe.mutate(steps)
  return (
    <>
      <Card title={file.bezeichnung} actions={<span className="muted">{t.zone(heat.data?.zone ?? 'UTC')}</span>}>
        {heat.isPending ? (
          <Loading height={350} />
        ) : (
          <SeriesChart
            file={file}
            zone={heat.data?.zone ?? 'UTC'}
            findings={findings}
            focus={focus}
            onFinding={setChosen}
          />
        )}
      </Card>
      <div className="data-columns">
        <Loaded query={care}>
          {({ data }) => (
            <Findings
              file={file}
              findings={data.findings}
              total={data.total}
              chosen={chosen}
              onLook={look}
              onRecipe={change}
            />
          )}
        </Loaded>
        <RecipeCard file={file} onRecipe={change} />
      </div>
      <Card title={t.heat}>
        <Loaded query={heat}>
          {(data) => (
            <div className="stack">
              <HeatMap heat={data} name={file.bezeichnung} />
              <h3>{t.week}</h3>
              <WeekTable heat={data} />
            </div>
          )}
        </Loaded>
      </Card>
      <Card title={mended ? t.figuresMended : t.figuresRaw}>
        <Loaded query={summary}>{(data) => <Figures summary={data} />}</Loaded>
      </Card>
    </>
  )
}

const NONE: Finding[] = []

function callsOf(file: SeriesFile) {
  const path = `/api/v1/files/${file.id}`
  return [
    { method: 'GET' as const, path: `${path}/series?points=2000&recipe=true` },
    { method: 'GET' as const, path: `/api/training/csv-files/${file.id}/care` },
    { method: 'PUT' as const, path: `/api/training/csv-files/${file.id}/recipe`, body: { recipe: file.recipe } },
    { method: 'GET' as const, path: `${path}/heatmap` },
    { method: 'GET' as const, path: `${path}/summary` },
  ]
}

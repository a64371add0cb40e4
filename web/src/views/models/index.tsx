/** Models: the versions of a session, the champion among them, where each comes from and how to take it home. */
import { useQuery } from '@tanstack/react-query'
import { Package } from 'lucide-react'
import { useSearchParams } from 'react-router'
import { useMayEdit } from '@/app/access'
import { useSessionId } from '@/app/Session'
import type { Model } from '@/api/schema'
import { useFormat, useTexts } from '@/i18n'
import { ButtonLink } from '@/ui/Button'
import { Card } from '@/ui/Card'
import { SameByApi } from '@/ui/SameByApi'
import { Empty, Loaded } from '@/ui/states'
import { Compared } from './Compared'
import { Downloads } from './Downloads'
import { LineageOf } from './LineageOf'
import './models.css'
import { Promote } from './Promote'
import { modelQuery } from './queries'
import { Rename } from './Rename'
import { Versions } from './Versions'

export function Component() {
  const t = useTexts().models
  const session = useSessionId()
  const model = useQuery(modelQuery(session))
  return (
    <Loaded query={model} height={420}>
      {(found) =>
        found === null || found.versions.length === 0 ? (
          <Empty
            picture={<Package size={40} aria-hidden />}
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
          <Known session={session} model={found} />
        )
      }
    </Loaded>
  )
}

function Known({ session, model }: { session: string; model: Model }) {
  const t = useTexts().models
  const format = useFormat()
  const mayEdit = useMayEdit()
  const [parameters, setParameters] = useSearchParams()
  const numbered = (name: string) => model.versions.find((each) => String(each.version) === parameters.get(name))
  const chosen = numbered('version') ?? model.champion ?? model.versions[0]
  if (chosen === undefined) return null
  const other = numbered('with')
  const second = other?.version === chosen.version ? undefined : other
  const choose = (name: string, value: string) =>
    setParameters(
      (before) => {
        if (value === '') before.delete(name)
        else before.set(name, value)
        return before
      },
      { replace: true, preventScrollReset: true },
    )
  const number = format.whole(chosen.version)
  return (
    <div className="stack">
      <Card title={model.name} actions={mayEdit ? <Rename model={model} session={session} /> : null}>
        <div className="stack">
          {model.description ? <p>{model.description}</p> : null}
          <p className="muted">{t.versionsHint}</p>
          {model.champion ? null : <p className="note">{t.noChampion}</p>}
          <Versions model={model} chosen={chosen.version} onChoose={(version) => choose('version', String(version))} />
        </div>
      </Card>
      <Card
        title={t.versionOf(number, chosen.mode)}
        actions={
          <>
            <Against
              versions={model.versions}
              chosen={chosen.version}
              other={second?.version}
              onChoose={(value) => choose('with', value)}
            />
            {mayEdit || chosen.champion ? <Promote model={model} version={chosen} session={session} /> : null}
          </>
        }
      >
        <div className="stack">
          {second ? <Compared model={model.id} a={second.version} b={chosen.version} /> : null}
          <LineageOf model={model.id} version={chosen.version} session={session} />
        </div>
      </Card>
      <Card title={t.downloads}>
        <Downloads model={model.id} version={chosen.version} />
      </Card>
      {model.promotions.length > 0 ? (
        <Card title={t.log}>
          <ol className="promotions">
            {model.promotions.map((entry) => (
              <li key={entry.promoted_at}>
                <strong>{t.logEntry(format.whole(entry.version))}</strong>{' '}
                {entry.previous === null ? null : <span>{t.logAfter(format.whole(entry.previous))}</span>}
                <span className="muted">{` · ${format.time(entry.promoted_at)}`}</span>
                {entry.note ? <p>{entry.note}</p> : null}
              </li>
            ))}
          </ol>
        </Card>
      ) : null}
      <SameByApi
        calls={[
          { method: 'GET', path: `/api/v1/models?session_id=${session}` },
          { method: 'GET', path: `/api/v1/models/${model.id}/versions/${chosen.version}` },
          {
            method: 'POST',
            path: `/api/v1/models/${model.id}/promote`,
            body: { version: chosen.version, note: '' },
          },
          { method: 'GET', path: `/api/v1/models/${model.id}/compare?a=${second?.version ?? 1}&b=${chosen.version}` },
          {
            method: 'GET',
            path: `/api/v1/models/${model.id}/versions/${chosen.version}/download?format=archive`,
            output: 'archive.zip',
          },
        ]}
      />
    </div>
  )
}

interface AgainstProps {
  versions: Model['versions']
  chosen: number
  other: number | undefined
  onChoose: (value: string) => void
}

function Against({ versions, chosen, other, onChoose }: AgainstProps) {
  const t = useTexts().models
  const format = useFormat()
  if (versions.length < 2) return null
  return (
    <label className="row against">
      <span className="muted">{t.compareWith}</span>
      <select value={other ?? ''} onChange={(event) => onChoose(event.target.value)}>
        <option value="">{t.nothing}</option>
        {versions
          .filter((each) => each.version !== chosen)
          .map((each) => (
            <option key={each.version} value={each.version}>
              {t.versionOf(format.whole(each.version), each.mode)}
            </option>
          ))}
      </select>
    </label>
  )
}

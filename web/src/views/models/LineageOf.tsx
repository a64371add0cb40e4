/** Where a version comes from, as a line of stations: files, dataset, settings, training, errors. */
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { Lineage, SourceFile } from '@/api/schema'
import { useFormat, useTexts } from '@/i18n'
import { ButtonLink } from '@/ui/Button'
import { Code } from '@/ui/Code'
import { Loaded } from '@/ui/states'
import { withUnit } from '@/views/results/choice'
import { versionQuery } from './queries'

interface Props {
  model: string
  version: number
  session: string
}

export function LineageOf({ model, version, session }: Props) {
  const t = useTexts().models
  const found = useQuery(versionQuery(model, version))
  return (
    <section className="stack">
      <div>
        <h3>{t.lineage}</h3>
        <p className="muted">{t.lineageHint}</p>
      </div>
      <Loaded query={found} height={220}>
        {({ lineage }) => (
          <>
            <ol className="lineage">
              <Files files={lineage.files} />
              <Dataset lineage={lineage} />
              <Settings lineage={lineage} />
              <Training lineage={lineage} session={session} />
              <Errors lineage={lineage} />
            </ol>
            <details>
              <summary>{t.wholeConfig}</summary>
              <Code text={JSON.stringify(lineage.config, null, 1)} />
            </details>
          </>
        )}
      </Loaded>
    </section>
  )
}

function Station({ title, children }: { title: string; children: ReactNode }) {
  return (
    <li>
      <h4>{title}</h4>
      {children}
    </li>
  )
}

function Hash({ text }: { text: string | null }) {
  return text === null ? null : <code title={text}>{`${text.slice(0, 10)}…`}</code>
}

function Files({ files }: { files: SourceFile[] }) {
  const t = useTexts().models
  const format = useFormat()
  return (
    <Station title={t.files}>
      <ul>
        {files.map((file) => (
          <li key={`${file.role} ${file.name}`}>
            <strong>{file.name}</strong> <span className="muted">{t.roles[file.role]}</span>
            <div className="muted">
              {[
                t.window(format.number(file.start_hours), format.number(file.end_hours)),
                ...file.lags,
                ...(file.recipe.length > 0 ? [t.recipe(format.whole(file.recipe.length))] : []),
              ].join(', ')}
            </div>
            <div>
              <span className={file.state === 'as then' ? 'chip good' : 'chip warn'}>{t.states[file.state]}</span>{' '}
              <Hash text={file.sha256} />
            </div>
          </li>
        ))}
      </ul>
    </Station>
  )
}

function Dataset({ lineage: { dataset } }: { lineage: Lineage }) {
  const t = useTexts().models
  const format = useFormat()
  const { test_samples: test } = dataset
  return (
    <Station title={t.dataset}>
      <p>{t.samples(format.whole(dataset.samples))}</p>
      <p>{t.testSamples(format.whole(test.count))}</p>
      {test.first ? <p className="muted">{`${format.date(test.first)} – ${format.date(test.last)}`}</p> : null}
      <p>
        {`${t.fingerprint} `}
        <Hash text={dataset.fingerprint} />
      </p>
    </Station>
  )
}

function Settings({ lineage }: { lineage: Lineage }) {
  const t = useTexts().models
  const told = Object.entries(lineage.parameters)
  return (
    <Station title={t.settings}>
      <dl className="pairs">
        {told
          .filter(([, value]) => value !== null)
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{typeof value === 'string' ? value : JSON.stringify(value)}</dd>
            </div>
          ))}
      </dl>
      <Hash text={lineage.config_hash} />
    </Station>
  )
}

function Training({ lineage: { job, environment }, session }: { lineage: Lineage; session: string }) {
  const t = useTexts().models
  const format = useFormat()
  return (
    <Station title={t.job}>
      <p>{format.time(job.finished_at)}</p>
      <p className="muted">{`${format.duration(job.active_seconds)}${job.device ? `, ${job.device}` : ''}`}</p>
      {job.notes ? <p>{job.notes}</p> : null}
      <p className="muted">
        {`${t.environment} ${Object.entries(environment)
          .filter(([name, version]) => version !== null && ['python', 'numpy', 'keras', 'lightgbm'].includes(name))
          .map(([name, version]) => `${name} ${version ?? ''}`)
          .join(', ')}`}
      </p>
      <ButtonLink small to={`/sessions/${session}/results?job=${job.id}`}>
        {t.toResults}
      </ButtonLink>
    </Station>
  )
}

function Errors({ lineage: { metrics } }: { lineage: Lineage }) {
  const t = useTexts().models
  const format = useFormat()
  return (
    <Station title={t.metrics}>
      {Object.entries(metrics).map(([output, { model, best_baseline }]) => (
        <dl key={output} className="pairs">
          <div>
            <dt>{output}</dt>
            <dd />
          </div>
          {(['MAE', 'RMSE', 'WAPE', 'MASE'] as const).map((name) => (
            <div key={name}>
              <dt>{withUnit(name)}</dt>
              <dd>{format.number(model[name])}</dd>
            </div>
          ))}
          <div>
            <dt>{t.skill}</dt>
            <dd title={best_baseline ? t.against(best_baseline) : ''}>{format.percent(model.skill)}</dd>
          </div>
        </dl>
      ))}
    </Station>
  )
}

/** All versions of a model, newest first: which is the champion, and how well each did. */
import { Crown } from 'lucide-react'
import type { Model, ModelVersion } from '@/api/schema'
import { useFormat, useTexts } from '@/i18n'

interface Props {
  model: Model
  chosen: number
  onChoose: (version: number) => void
}

export function Versions({ model, chosen, onChoose }: Props) {
  const t = useTexts().models
  const outputs = [...new Set(model.versions.flatMap((version) => Object.keys(version.outputs)))]
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- scrolls, so the keyboard must be able to reach it
    <div className="scroll-x" tabIndex={0} role="region" aria-label={t.versions}>
      <table className="versions">
        <thead>
          <tr>
            <th>{t.version}</th>
            <th>{t.mode}</th>
            {outputs.map((name) => (
              <th key={name} colSpan={3}>
                {outputs.length > 1 ? `${name}: MAE, ${t.skill}` : `MAE, ${t.skill}`}
              </th>
            ))}
            <th>{t.trained}</th>
          </tr>
        </thead>
        <tbody>
          {model.versions.map((version, place) => (
            <Row
              key={version.version}
              {...{ version, outputs, model, onChoose }}
              chosen={version.version === chosen}
              newest={place === 0}
            />
          ))}
        </tbody>
      </table>
    </div>
  )
}

interface RowProps {
  version: ModelVersion
  outputs: string[]
  model: Model
  chosen: boolean
  newest: boolean
  onChoose: (version: number) => void
}

function Row({ version, outputs, model, chosen, newest, onChoose }: RowProps) {
  const t = useTexts().models
  const format = useFormat()
  const number = format.whole(version.version)
  return (
    <tr className={chosen ? 'chosen' : undefined}>
      <td>
        <label className="row">
          <input
            type="radio"
            name="version"
            checked={chosen}
            aria-label={t.look(number)}
            onChange={() => onChoose(version.version)}
          />
          <strong>{number}</strong>
          {version.champion ? (
            <span className="chip accent">
              <Crown size={13} aria-hidden /> {t.champion}
            </span>
          ) : null}
          {newest ? <span className="chip">{t.latest}</span> : null}
        </label>
      </td>
      <td>
        {version.job_name && version.job_name !== version.mode ? `${version.mode} (${version.job_name})` : version.mode}
      </td>
      {outputs.map((name) => {
        const errors = version.outputs[name]
        const most = Math.max(...model.versions.map((each) => each.outputs[name]?.MAE ?? 0), 1e-300)
        return [
          <td key={`${name} bar`} className="score-bar">
            <span style={{ width: `${(100 * (errors?.MAE ?? 0)) / most}%` }} />
          </td>,
          <td key={name} className="number">
            {format.number(errors?.MAE)}
          </td>,
          <td
            key={`${name} skill`}
            className="number"
            title={errors?.best_baseline ? t.against(errors.best_baseline) : ''}
          >
            {format.percent(errors?.skill)}
          </td>,
        ]
      })}
      <td title={format.time(version.completed_at)}>{format.ago(version.completed_at)}</td>
    </tr>
  )
}

/** Files on their way: a bar each, with speed and time left; paused, gone on with, given up. */
import { Pause, Play, X } from 'lucide-react'
import { useFormat, useTexts } from '@/i18n'
import { Button } from '@/ui/Button'
import { Card } from '@/ui/Card'
import { Refused } from '@/ui/states'
import { uploads } from '@/uploads/queue'
import { OtherFile, type Shown } from '@/uploads/transfer'

const MOVING = ['waiting', 'hashing', 'sending']

export function Transfers({ shown }: { shown: Shown[] }) {
  const t = useTexts().upload
  if (shown.length === 0) return null
  return (
    <Card title={t.transfers}>
      <ul className="transfers" aria-label={t.transfers}>
        {shown.map((each) => (
          <Line key={each.id} shown={each} />
        ))}
      </ul>
    </Card>
  )
}

function Line({ shown }: { shown: Shown }) {
  const t = useTexts().upload
  const format = useFormat()
  const share = shown.size === 0 ? 0 : shown.bytes / shown.size
  const moving = MOVING.includes(shown.stage)
  const told =
    shown.stage === 'sending' && shown.speed !== null
      ? t.speed(format.bytes(shown.speed), format.duration(shown.remaining))
      : null
  return (
    <li className="transfer">
      <div className="row spread">
        <span>
          <strong>{shown.name}</strong>{' '}
          <span className="muted">{`${t.roles[shown.role === 'input' ? 'input' : 'output']}: ${shown.columns.join(', ')}`}</span>
        </span>
        <span className="row">
          <span className={shown.stage === 'done' ? 'chip good' : shown.stage === 'failed' ? 'chip bad' : 'chip'}>
            {shown.wasHere ? t.wasHere : t.stages[shown.stage]}
          </span>
          {moving ? (
            <Button icon small kind="quiet" aria-label={t.pause(shown.name)} onClick={() => uploads.pause(shown.id)}>
              <Pause size={16} aria-hidden />
            </Button>
          ) : null}
          {shown.stage === 'paused' || shown.stage === 'needs_file' ? (
            <Button
              icon
              small
              kind="quiet"
              aria-label={t.resume(shown.name)}
              onClick={() => void uploads.resume(shown.id)}
            >
              <Play size={16} aria-hidden />
            </Button>
          ) : null}
          {shown.stage === 'importing' ? null : (
            <Button
              icon
              small
              kind="quiet"
              aria-label={shown.stage === 'done' ? t.dismiss(shown.name) : t.discard(shown.name)}
              onClick={() => void uploads.discard(shown.id)}
            >
              <X size={16} aria-hidden />
            </Button>
          )}
        </span>
      </div>
      {shown.stage === 'done' ? null : (
        <div
          className="progress"
          role="progressbar"
          aria-label={t.progress(shown.name)}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={Math.round(share * 100)}
        >
          <div style={{ width: `${share * 100}%` }} />
        </div>
      )}
      {shown.stage === 'done' || shown.stage === 'needs_file' ? null : (
        <small className="muted">
          {[t.percent(format.percent(share, 0), format.bytes(shown.size)), told].filter(Boolean).join(' · ')}
        </small>
      )}
      {shown.stage === 'needs_file' ? <p className="muted">{t.needsFile}</p> : null}
      {shown.error ? (
        <Refused
          error={shown.error instanceof OtherFile ? new Error(t.otherFile) : shown.error}
          action={
            <Button small onClick={() => void uploads.resume(shown.id)}>
              {t.again}
            </Button>
          }
        />
      ) : null}
    </li>
  )
}

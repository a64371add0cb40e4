/** A file that was dropped and not sent yet: what it seems to be, its first rows, and what its columns become. */
import { FileSpreadsheet, Upload, X } from 'lucide-react'
import { useState } from 'react'
import type { Preview, PreviewNote } from '@/api/schema'
import { useFormat, useTexts } from '@/i18n'
import { Button } from '@/ui/Button'
import { Card } from '@/ui/Card'
import { Field } from '@/ui/Field'
import { SameByApi } from '@/ui/SameByApi'
import { Loading, Refused } from '@/ui/states'
import { plansOf, repeatedNames, usualRoles, type ColumnChoice, type Plan } from '@/uploads/plan'
import type { Dropped } from '@/uploads/queue'
import { FormatChips, useShown } from './FormatChips'
import { useNoteWords } from './noteWords'
import { PreviewGrid } from './PreviewGrid'
import { usePreview, without, type Options } from './usePreview'

interface Props {
  id: string
  dropped: Dropped
  sessionId: string
  onSend: (plans: Plan[]) => void
  onRemove: () => void
}

export function Draft({ id, dropped: { file }, sessionId, onSend, onRemove }: Props) {
  const t = useTexts().upload
  const format = useFormat()
  const [options, setOptions] = useState<Options>({})
  const [changed, setChanged] = useState<Record<string, Partial<ColumnChoice>>>({})
  const preview = usePreview(id, file, options, sessionId)
  const usable = preview.data?.columns.filter(({ kind }) => kind === 'number' || kind === 'truth') ?? []
  const choices = usualRoles(usable).map((choice) => ({ ...choice, ...changed[choice.column] }))
  const plans = plansOf(choices, options)
  const repeated = repeatedNames(plans)
  const answer = (note: PreviewNote, value: string | boolean | null) => {
    if (note.field !== null && value !== null) setOptions({ ...options, [note.field]: value })
  }
  const problem =
    usable.length === 0 || plans.length === 0
      ? t.noColumn
      : repeated.length > 0
        ? t.repeated(repeated.join(', '))
        : null
  return (
    <Card
      className="draft"
      title={
        <span className="row">
          <FileSpreadsheet size={18} aria-hidden /> {file.name}
          <small className="muted">{format.bytes(file.size)}</small>
        </span>
      }
      actions={
        <>
          <SameByApi
            calls={[
              {
                method: 'POST',
                path: '/api/v1/preview',
                form: { chunk: `@${file.name}`, options: JSON.stringify(options) },
              },
            ]}
          />
          <Button
            kind="primary"
            disabled={!preview.isSuccess || preview.isPlaceholderData || !preview.data.ready || problem !== null}
            onClick={() => onSend(plans)}
          >
            <Upload size={16} aria-hidden /> {t.send}
          </Button>
          <Button icon kind="quiet" aria-label={t.remove} onClick={onRemove}>
            <X size={18} aria-hidden />
          </Button>
        </>
      }
    >
      {preview.isPending ? <Loading height={220} /> : null}
      {preview.isError ? (
        <Refused
          error={preview.error}
          action={
            Object.keys(options).length > 0 ? (
              <Button small onClick={() => setOptions({})}>
                {t.asDetected}
              </Button>
            ) : (
              <Button small onClick={onRemove}>
                {t.remove}
              </Button>
            )
          }
        />
      ) : null}
      {preview.data ? (
        <div className={preview.isPlaceholderData ? 'stack stale' : 'stack'}>
          <FormatChips detected={preview.data.detected} options={options} onChange={setOptions} />
          <Questions preview={preview.data} onAnswer={answer} />
          <Problems preview={preview.data} />
          <Extent preview={preview.data} />
          <PreviewGrid
            name={file.name}
            preview={preview.data}
            choices={choices}
            onChoose={(column, changes) =>
              setChanged((before) => ({ ...before, [column]: { ...before[column], ...changes } }))
            }
          />
          <div className="row spread">
            <Field label={t.skipRows}>
              {(control) => (
                <input
                  {...control}
                  type="number"
                  min={0}
                  max={100}
                  value={Number(options.skipRows ?? 0)}
                  onChange={(event) => {
                    const rows = Math.min(100, Math.max(0, Math.round(event.target.valueAsNumber || 0)))
                    setOptions(rows === 0 ? without(options, 'skipRows') : { ...options, skipRows: rows })
                  }}
                />
              )}
            </Field>
            <p className="muted draft-hint">{problem ?? t.rolesHint}</p>
          </div>
        </div>
      ) : null}
    </Card>
  )
}

function Questions({
  preview,
  onAnswer,
}: {
  preview: Preview
  onAnswer: (note: PreviewNote, value: string | boolean | null) => void
}) {
  const t = useTexts().upload
  const shown = useShown()
  const words = useNoteWords()
  return preview.questions.map((note) => (
    <div key={`${note.code} ${note.column ?? ''}`} className="note warn stack" role="alert">
      <div>
        <h3>{t.questions}</h3>
        <p>{words(note).message}</p>
        {note.choices.length === 0 ? <p>{words(note).suggestion}</p> : null}
      </div>
      <div className="row">
        {note.choices.map((choice) => (
          <Button key={String(choice.value)} small onClick={() => onAnswer(note, choice.value)}>
            {choice.example ?? shown(note.field ?? '', choice.value)}
          </Button>
        ))}
      </div>
    </div>
  ))
}

function Problems({ preview }: { preview: Preview }) {
  const t = useTexts().upload
  const words = useNoteWords()
  if (preview.problems.length === 0) return null
  return (
    <div className="note bad" role="alert">
      <h3>{t.problems}</h3>
      <ul>
        {preview.problems.map((note) => (
          <li key={`${note.code} ${note.row ?? ''} ${note.column ?? ''}`}>{words(note).message}</li>
        ))}
      </ul>
      <p>{t.moreProblems}</p>
    </div>
  )
}

function Extent({ preview: { extent } }: { preview: Preview }) {
  const t = useTexts().upload
  const format = useFormat()
  if (extent.first === null || extent.last === null) return null
  const plain = (iso: string) => iso.replace('T', ' ').replace('Z', ' UTC')
  return (
    <p className="muted">
      {t.extent(format.whole(extent.rows), plain(extent.first), plain(extent.last))}
      {extent.step_minutes === null ? null : `, ${t.step(format.number(extent.step_minutes))}`}
    </p>
  )
}

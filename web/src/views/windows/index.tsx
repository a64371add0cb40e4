/** Windows and features: settings beside the window they cut, drawn on the real series before anything is built. */
import { useState } from 'react'
import { useSearchParams } from 'react-router'
import type { WindowSettings } from '@/api/schema'
import { useMayEdit } from '@/app/access'
import { useSessionId } from '@/app/Session'
import { useFormat, useTexts } from '@/i18n'
import { Button, ButtonLink } from '@/ui/Button'
import { Card } from '@/ui/Card'
import { SameByApi } from '@/ui/SameByApi'
import { Empty, Loaded, Loading, Refused } from '@/ui/states'
import { useToast } from '@/ui/Toasts'
import { LookOnly } from '@/views/sharing/LookOnly'
import { CalendarCard } from './CalendarCard'
import { changes, draftOf, hasChanges, loose } from './draft'
import { FileCard } from './FileCard'
import { Numbers } from './Numbers'
import { useContext, usePreview, useSave, useSettings } from './queries'
import { inWords } from './settingWords'
import { StepsCard } from './StepsCard'
import { Stopped } from './Stopped'
import { Summary } from './Summary'
import { ARITHMETICS, trialBody, TrialCard, type Trial } from './TrialCard'
import { hoursOf, WindowPicture } from './WindowPicture'
import './windows.css'

export function Component() {
  const id = useSessionId()
  const t = useTexts().windows
  const settings = useSettings(id)
  return (
    <Loaded query={settings} height={420}>
      {(saved) =>
        saved.files.length === 0 ? (
          <Empty
            title={t.noFiles}
            action={
              <ButtonLink kind="primary" to={`/sessions/${id}/upload`}>
                {t.toUpload}
              </ButtonLink>
            }
          >
            {t.noFilesText}
          </Empty>
        ) : (
          <Settings key={saved.files.map((file) => file.id).join()} id={id} saved={saved} />
        )
      }
    </Loaded>
  )
}

function Settings({ id, saved }: { id: string; saved: WindowSettings }) {
  const t = useTexts().windows
  const mayEdit = useMayEdit()
  const toast = useToast()
  const [draft, setDraft] = useState(() => draftOf(saved))
  const [at, setAt] = useState<number | null>(null)
  const body = changes(draft, saved)
  const [trial, setTrial] = useTrial()
  const asked = { ...body, ...trialBody(trial) }
  const preview = usePreview(id, { ...asked, ...(at === null ? {} : { at }) }, true)
  const save = useSave(id)
  const told = preview.data
  const errors = (told?.errors ?? []).map((error) => inWords(error, t.wrong))
  const window = told?.window ?? null
  const hours = window ? hoursOf(window) : { start: -1, end: 1 }
  const series = useContext(window, hours)
  const unsaved = hasChanges(body)
  const refused = errors.some((error) => error.code !== 'INCOMPLETE_CONFIG' && error.code !== 'NO_SAMPLES')
  const keep = () =>
    save.mutate(body, {
      onSuccess: () => toast({ text: t.saved }),
    })
  return (
    <div className="stack">
      <div className="row spread">
        <h2>{t.title}</h2>
        <SameByApi
          calls={[
            { method: 'POST', path: `/api/v1/sessions/${id}/windows/preview`, body: { ...asked, at: at ?? -1 } },
            ...Object.entries(body.files ?? {}).map(([file, fields]) => ({
              method: 'PUT' as const,
              path: `/api/training/csv-files/${file}`,
              body: fields,
            })),
            ...(body.zeitschritte
              ? [
                  {
                    method: 'POST' as const,
                    path: '/api/training/save-zeitschritte',
                    body: { sessionId: id, zeitschritte: body.zeitschritte },
                  },
                ]
              : []),
            ...(body.timeInfo
              ? [
                  {
                    method: 'POST' as const,
                    path: '/api/training/save-time-info',
                    body: { sessionId: id, timeInfo: body.timeInfo },
                  },
                ]
              : []),
          ]}
        />
      </div>
      <Card>
        {preview.isError && !told ? <Refused error={preview.error} onRetry={() => void preview.refetch()} /> : null}
        {told ? (
          <div className="stack" aria-busy={preview.isFetching}>
            <Summary preview={{ ...told, errors }} loose={loose(errors, draft)} />
            {window && told.samples ? (
              <>
                <WindowPicture window={window} series={series} />
                <Slider count={told.samples.count} at={at ?? told.samples.count - 1} onChange={setAt} />
                <Numbers window={window} />
              </>
            ) : null}
          </div>
        ) : preview.isError ? null : (
          <Loading height={320} />
        )}
      </Card>
      {save.isError ? <Stopped stopped={save.error} files={saved.files} onRetry={keep} /> : null}
      {mayEdit ? null : <LookOnly />}
      <div className={mayEdit ? 'save-bar row' : 'save-bar row still'} data-unsaved={unsaved || undefined}>
        {mayEdit ? (
          <Button kind="primary" disabled={!unsaved || refused || save.isPending} onClick={keep}>
            {t.save}
          </Button>
        ) : null}
        <Button disabled={!unsaved || save.isPending} onClick={() => setDraft(draftOf(saved))}>
          {t.discard}
        </Button>
        <ButtonLink kind="quiet" to={`/sessions/${id}/datasets`}>
          {t.next}
        </ButtonLink>
        <span className="muted">
          {unsaved ? (!mayEdit ? t.onlyTried : refused ? t.cannotSave : t.unsaved) : t.allSaved}
        </span>
      </div>
      <div className="grid wide">
        {saved.files.map((file) => {
          const of = draft.files[file.id]
          return of === undefined ? null : (
            <FileCard
              key={file.id}
              file={file}
              draft={of}
              errors={errors}
              onChange={(changed) => setDraft({ ...draft, files: { ...draft.files, [file.id]: changed } })}
            />
          )
        })}
        <StepsCard draft={draft} errors={errors} onChange={setDraft} />
        <TrialCard id={id} trial={trial} errors={errors} onChange={setTrial} />
      </div>
      <CalendarCard draft={draft} errors={errors} window={window} onChange={setDraft} />
    </div>
  )
}

/** In the address, so that it survives a reload. */
function useTrial(): [Trial, (trial: Trial) => void] {
  const [parameters, setParameters] = useSearchParams()
  const said = parameters.get('arithmetic')
  const trial: Trial = {
    gap: parameters.get('max_gap_minutes') ?? '',
    arithmetic: ARITHMETICS.find((each) => each === said) ?? 'honest',
  }
  const set = ({ gap, arithmetic }: Trial) =>
    setParameters(
      { ...(gap === '' ? {} : { max_gap_minutes: gap }), ...(arithmetic === 'honest' ? {} : { arithmetic }) },
      { replace: true },
    )
  return [trial, set]
}

function Slider({ count, at, onChange }: { count: number; at: number; onChange: (at: number) => void }) {
  const t = useTexts().windows
  const format = useFormat()
  const place = Math.min(at, count - 1)
  return (
    <label className="sample-slider">
      <span>{t.sample(format.whole(place + 1), format.whole(count))}</span>
      <input
        type="range"
        min={0}
        max={count - 1}
        value={place}
        onChange={(event) => onChange(Number(event.target.value))}
      />
    </label>
  )
}

/** Makes a version the champion, with a note for the log. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Crown } from 'lucide-react'
import { useState, type SubmitEvent } from 'react'
import { api, ApiError, call } from '@/api/client'
import type { Model, ModelVersion } from '@/api/schema'
import { useFormat, useTexts } from '@/i18n'
import { Button } from '@/ui/Button'
import { Dialog } from '@/ui/Dialog'
import { Field } from '@/ui/Field'
import { Refused } from '@/ui/states'
import { useToast } from '@/ui/Toasts'
import { modelQuery } from './queries'

interface Props {
  model: Model
  version: ModelVersion
  session: string
}

export function Promote({ model, version, session }: Props) {
  const t = useTexts().models
  const number = useFormat().whole(version.version)
  const client = useQueryClient()
  const toast = useToast()
  const [open, setOpen] = useState(false)
  const [note, setNote] = useState('')
  const promote = useMutation({
    mutationFn: () =>
      call(
        api.POST('/api/v1/models/{model}/promote', {
          params: { path: { model: model.id } },
          body: { version: version.version, note: note.trim() || null },
        }),
      ),
    onSuccess: (answer) => {
      client.setQueryData(modelQuery(session).queryKey, answer.model)
      void client.invalidateQueries({ queryKey: ['model', model.id] })
      setOpen(false)
      setNote('')
      toast({ text: t.promoted(number) })
    },
    onError: (error) => {
      if (error instanceof ApiError && error.status === 409)
        void client.invalidateQueries({ queryKey: modelQuery(session).queryKey })
    },
  })
  if (version.champion)
    return (
      <span className="chip accent">
        <Crown size={13} aria-hidden /> {t.champion}
      </span>
    )
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    promote.mutate()
  }
  return (
    <Dialog
      title={t.promoteTitle(number)}
      description={t.promoteHint}
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button kind="primary" small>
          <Crown size={15} aria-hidden /> {t.promote}
        </Button>
      }
    >
      <form className="stack" onSubmit={submit}>
        <Field label={t.note} hint={t.noteHint}>
          {(control) => (
            <textarea {...control} rows={3} value={note} onChange={(event) => setNote(event.target.value)} />
          )}
        </Field>
        {promote.isError ? <Refused error={promote.error} /> : null}
        <div className="row">
          <Button kind="primary" type="submit" disabled={promote.isPending}>
            {t.promote}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

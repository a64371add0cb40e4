/** Another name or description for a model. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Pencil } from 'lucide-react'
import { useState, type SubmitEvent } from 'react'
import { api, call } from '@/api/client'
import type { Model } from '@/api/schema'
import { useTexts } from '@/i18n'
import { Button } from '@/ui/Button'
import { Dialog } from '@/ui/Dialog'
import { Field } from '@/ui/Field'
import { useRefusalWords } from '@/ui/refusalWords'
import { modelQuery } from './queries'

export function Rename({ model, session }: { model: Model; session: string }) {
  const t = useTexts().models
  const client = useQueryClient()
  const [open, setOpen] = useState(false)
  const [name, setName] = useState(model.name)
  const [description, setDescription] = useState(model.description ?? '')
  const change = useMutation({
    mutationFn: () =>
      call(
        api.PATCH('/api/v1/models/{model}', {
          params: { path: { model: model.id } },
          body: { name, description: description.trim() || null },
        }),
      ),
    onSuccess: (answer) => {
      client.setQueryData(modelQuery(session).queryKey, answer.model)
      setOpen(false)
    },
  })
  const words = useRefusalWords()(change.error)
  const problem = change.isError ? [words.message, words.suggestion].filter(Boolean).join(' ') : null
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    change.mutate()
  }
  return (
    <Dialog
      title={t.rename}
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button small kind="quiet">
          <Pencil size={15} aria-hidden /> {t.rename}
        </Button>
      }
    >
      <form className="stack" onSubmit={submit}>
        <Field label={t.name} hint={t.nameHint} problem={problem}>
          {(control) => <input {...control} value={name} onChange={(event) => setName(event.target.value)} />}
        </Field>
        <Field label={t.description}>
          {(control) => (
            <textarea
              {...control}
              rows={3}
              value={description}
              onChange={(event) => setDescription(event.target.value)}
            />
          )}
        </Field>
        <div className="row">
          <Button kind="primary" type="submit" disabled={change.isPending}>
            {t.save}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

/** The name of a new session, and the tags of one. */
import { useState, type SubmitEvent } from 'react'
import type { SessionSummary } from '@/api/schema'
import { useTexts } from '@/i18n'
import { Button } from '@/ui/Button'
import { Dialog } from '@/ui/Dialog'
import { Field } from '@/ui/Field'
import { useRefusalWords } from '@/ui/refusalWords'
import { Refused } from '@/ui/states'
import { useCreate, type useSessionActions } from './queries'

interface NewProps {
  open: boolean
  onOpenChange: (open: boolean) => void
  onCreated: (id: string) => void
}

export function NewSession({ open, onOpenChange, onCreated }: NewProps) {
  const t = useTexts().sessions
  const [name, setName] = useState('')
  const create = useCreate(onCreated)
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    if (name.trim() !== '') create.mutate(name.trim())
  }
  return (
    <Dialog title={t.create} description={t.newHint} open={open} onOpenChange={onOpenChange}>
      <form className="stack" onSubmit={submit}>
        <Field label={t.newName}>
          {(control) => (
            <input {...control} maxLength={255} value={name} onChange={(event) => setName(event.target.value)} />
          )}
        </Field>
        {create.isError ? <Refused error={create.error} /> : null}
        <div className="row">
          <Button kind="primary" type="submit" disabled={name.trim() === '' || create.isPending}>
            {t.create}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

interface TagsProps {
  session: SessionSummary
  name: string
  change: ReturnType<typeof useSessionActions>['change']
  onClose: () => void
}

/** Open until the server has taken them, so that nothing typed is lost. */
export function TagsDialog({ session, name, change, onClose }: TagsProps) {
  const t = useTexts().sessions
  const [text, setText] = useState(session.tags.join(', '))
  const words = useRefusalWords()
  const [problem, setProblem] = useState<string | null>(null)
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    change.mutate(
      { session, tags: readTags(text) },
      { onSuccess: onClose, onError: (error) => setProblem(words(error).message) },
    )
  }
  return (
    <Dialog title={t.tagsOf(name)} open onOpenChange={onClose}>
      <form className="stack" onSubmit={submit}>
        <Field label={t.tagsOf(name)} hint={t.tagsHint} problem={problem}>
          {(control) => <input {...control} value={text} onChange={(event) => setText(event.target.value)} />}
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

/** "winter, heat , winter" are two tags. */
export function readTags(text: string): string[] {
  const tags = text.split(',').map((each) => each.trim())
  return [...new Set(tags.filter((each) => each !== ''))]
}

/** From files to series: dropped, looked at, sent in pieces that survive a reload, read by the server. */
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useMayEdit } from '@/app/access'
import { useSessionId } from '@/app/Session'
import { useTexts } from '@/i18n'
import { SameByApi } from '@/ui/SameByApi'
import { useToast } from '@/ui/Toasts'
import { LookOnly } from '@/views/sharing/LookOnly'
import { uploads, useUploads, type Dropped } from '@/uploads/queue'
import { Draft } from './Draft'
import { DropZone } from './DropZone'
import { SessionFiles } from './SessionFiles'
import { Transfers } from './Transfers'
import './upload.css'

interface Waiting {
  id: string
  dropped: Dropped
}

export function Component() {
  const t = useTexts().upload
  const sessionId = useSessionId()
  const mayEdit = useMayEdit()
  const toast = useToast()
  const client = useQueryClient()
  const [drafts, setDrafts] = useState<Waiting[]>([])
  const shown = useUploads(sessionId)
  useEffect(() => {
    uploads.onDone = (done) => {
      toast({ text: t.done(done.name) })
      void client.invalidateQueries({ queryKey: ['session', done.sessionId] })
    }
  }, [client, t, toast])
  const take = (files: Dropped[]) => {
    const fresh = uploads.recognise(files, sessionId)
    if (fresh.length < files.length) toast({ text: t.goesOn(files.length - fresh.length) })
    if (files.length === 0) toast({ text: t.noTables, bad: true })
    for (const { file } of fresh) if (file.size === 0) toast({ text: t.empty(file.name), bad: true })
    const added = fresh.filter(({ file }) => file.size > 0).map((dropped) => ({ id: crypto.randomUUID(), dropped }))
    setDrafts((before) => [...before, ...added])
  }
  const remove = (id: string) => setDrafts((before) => before.filter((each) => each.id !== id))
  return (
    <div className="stack">
      <div className="row spread">
        <h2>{t.title}</h2>
        <SameByApi
          calls={[
            {
              method: 'POST',
              path: '/api/training/csv-files',
              form: { file: '@load.csv', sessionId, fileType: 'output', fileData: '{"valueColumn": "Load"}' },
            },
          ]}
        />
      </div>
      {mayEdit ? <DropZone onFiles={take} /> : <LookOnly />}
      {drafts.map(({ id, dropped }) => (
        <Draft
          key={id}
          id={id}
          dropped={dropped}
          sessionId={sessionId}
          onSend={(plans) => {
            for (const plan of plans) uploads.add(sessionId, dropped, plan)
            remove(id)
          }}
          onRemove={() => remove(id)}
        />
      ))}
      <Transfers shown={shown} />
      <SessionFiles sessionId={sessionId} />
    </div>
  )
}

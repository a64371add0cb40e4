/** The files that the session has already. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { ArrowRight, Trash2 } from 'lucide-react'
import { api, call } from '@/api/client'
import type { SeriesFile } from '@/api/schema'
import { useMayEdit } from '@/app/access'
import { useFormat, useTexts } from '@/i18n'
import { Button, ButtonLink } from '@/ui/Button'
import { Card } from '@/ui/Card'
import { useTellError } from '@/ui/refusalWords'
import { Loaded } from '@/ui/states'
import { useToast } from '@/ui/Toasts'

export function useFiles(sessionId: string) {
  return useQuery({
    queryKey: ['session', sessionId, 'files'],
    queryFn: () => call(api.GET('/api/training/csv-files/{id}', { params: { path: { id: sessionId } } })),
  })
}

export function SessionFiles({ sessionId }: { sessionId: string }) {
  const t = useTexts().upload
  const files = useFiles(sessionId)
  const count = files.data?.data.length ?? 0
  return (
    <Card
      title={t.files}
      actions={
        count > 0 ? (
          <ButtonLink small kind="primary" to={`/sessions/${sessionId}/data`}>
            {t.toData} <ArrowRight size={15} aria-hidden />
          </ButtonLink>
        ) : null
      }
    >
      <Loaded query={files} height={60}>
        {({ data }) => (data.length === 0 ? <p className="muted">{t.noFiles}</p> : <Table files={data} />)}
      </Loaded>
    </Card>
  )
}

function Table({ files }: { files: SeriesFile[] }) {
  const t = useTexts().upload
  const format = useFormat()
  const mayEdit = useMayEdit()
  return (
    <div className="scroll-x">
      <table className="wide">
        <thead>
          <tr>
            <th>{t.fileName}</th>
            <th>{t.fileRole}</th>
            <th className="number">{t.rows}</th>
            <th>{t.from}</th>
            <th>{t.to}</th>
            <th className="number">{t.every}</th>
            <th className="number">{t.size}</th>
            <th />
          </tr>
        </thead>
        <tbody>
          {files.map((file) => (
            <tr key={file.id}>
              <td>{file.bezeichnung}</td>
              <td>{t.roles[file.type]}</td>
              <td className="number">{format.whole(file.datenpunkte)}</td>
              <td>{file.utc_min?.slice(0, 16)}</td>
              <td>{file.utc_max?.slice(0, 16)}</td>
              <td className="number">{t.minutes(format.number(file.zeitschrittweite))}</td>
              <td className="number">{format.bytes(file.size_bytes)}</td>
              <td className="number">{mayEdit ? <Remove file={file} /> : null}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Remove({ file }: { file: SeriesFile }) {
  const t = useTexts().upload
  const client = useQueryClient()
  const toast = useToast()
  const tell = useTellError()
  const remove = useMutation({
    mutationFn: () => call(api.DELETE('/api/training/csv-files/{id}', { params: { path: { id: file.id } } })),
    onSuccess: () => {
      toast({ text: t.deleted(file.bezeichnung) })
      void client.invalidateQueries({ queryKey: ['session', file.session_id] })
    },
    onError: tell,
  })
  return (
    <Button
      icon
      small
      kind="quiet"
      aria-label={t.delete(file.bezeichnung)}
      disabled={remove.isPending}
      onClick={() => remove.mutate()}
    >
      <Trash2 size={15} aria-hidden />
    </Button>
  )
}

/** Everything a version can be taken home as, with sizes and hashes. */
import { useMutation, useQuery } from '@tanstack/react-query'
import { Download } from 'lucide-react'
import { download } from '@/api/client'
import type { ModelFile } from '@/api/schema'
import { useFormat, useTexts } from '@/i18n'
import { Button } from '@/ui/Button'
import { useTellError } from '@/ui/refusalWords'
import { Loaded } from '@/ui/states'
import { versionQuery } from './queries'

interface Props {
  model: string
  version: number
}

export function Downloads({ model, version }: Props) {
  const found = useQuery(versionQuery(model, version))
  return (
    <Loaded query={found} height={140}>
      {({ lineage }) => (
        <ul className="downloads">
          {lineage.formats.flatMap(({ format, files }) =>
            files.map((file) => (
              <One key={file.name} {...{ model, version, format, file }} several={files.length > 1} />
            )),
          )}
        </ul>
      )}
    </Loaded>
  )
}

interface OneProps extends Props {
  format: string
  file: ModelFile
  several: boolean
}

function One({ model, version, format, file, several }: OneProps) {
  const t = useTexts().models
  const write = useFormat()
  const query = new URLSearchParams({ format, ...(several ? { file: file.name } : {}) }).toString()
  const take = useMutation({
    mutationFn: () => download(`/api/v1/models/${model}/versions/${version}/download?${query}`, file.name),
    onError: useTellError(),
  })
  const name = isKnown(format, t.formats) ? t.formats[format] : format
  return (
    <li>
      <Button disabled={take.isPending} onClick={() => take.mutate()}>
        <Download size={16} aria-hidden /> {name}
      </Button>
      <span className="muted">{write.bytes(file.size_bytes)}</span>
      <code title={`sha256 ${file.sha256}`}>{several ? file.name : `sha256 ${file.sha256.slice(0, 12)}…`}</code>
    </li>
  )
}

function isKnown<T extends object>(key: string, known: T): key is Extract<keyof T, string> {
  return key in known
}

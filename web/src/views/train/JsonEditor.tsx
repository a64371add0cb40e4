/** The config as text, changed by hand: what is typed counts as soon as it is JSON. */
import { useId, useState } from 'react'
import { useTexts } from '@/i18n'
import { parsed } from './plan'
import type { Values } from './schema'

export function JsonEditor({ config, onChange }: { config: Values; onChange: (config: Values) => void }) {
  const t = useTexts().train
  const id = useId()
  const [draft, setDraft] = useState<{ text: string; of: string } | null>(null)
  const written = JSON.stringify(config, null, 2)
  const text = draft !== null && draft.of === JSON.stringify(config) ? draft.text : written
  const read = parsed(text)
  const problem = 'problem' in read ? t.jsonBroken(read.problem) : null
  return (
    <div className="field json-editor">
      <label htmlFor={id}>{t.json}</label>
      <textarea
        id={id}
        value={text}
        rows={Math.min(Math.max(text.split('\n').length + 1, 8), 28)}
        spellCheck={false}
        aria-invalid={problem ? true : undefined}
        aria-describedby={`${id}-hint`}
        onChange={(event) => {
          const typed = event.target.value
          const next = parsed(typed)
          setDraft({ text: typed, of: JSON.stringify('config' in next ? next.config : config) })
          if ('config' in next) onChange(next.config)
        }}
      />
      <span className={problem ? 'problem' : 'hint'} id={`${id}-hint`} role={problem ? 'alert' : undefined}>
        {problem ?? t.jsonText}
      </span>
    </div>
  )
}

/** What a view does, as curl and Python that do the same. */
import { Code2 } from 'lucide-react'
import { useState } from 'react'
import { useTexts } from '@/i18n'
import { asCurl, asPython, type ApiCall } from './apiCalls'
import { Button } from './Button'
import { Code } from './Code'
import { Dialog } from './Dialog'
import { Tabs } from './Tabs'

const TABS = { curl: 'curl', python: 'Python' } as const

export function SameByApi({ calls }: { calls: ApiCall[] }) {
  const t = useTexts().frame
  const [tab, setTab] = useState<keyof typeof TABS>('curl')
  const write = tab === 'curl' ? asCurl : asPython
  return (
    <Dialog
      title={t.sameByApi}
      description={t.sameByApiLong}
      trigger={
        <Button small kind="quiet" className="same-by-api">
          <Code2 size={16} aria-hidden /> <span>{t.sameByApi}</span>
        </Button>
      }
    >
      <Tabs label={t.sameByApi} value={tab} onChange={setTab} tabs={TABS}>
        <Code text={write(calls, window.location.origin)} />
      </Tabs>
    </Dialog>
  )
}

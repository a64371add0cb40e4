/** Who else gets into the session: sharing and API keys for its owner, whose it is for a guest. */
import { useQuery } from '@tanstack/react-query'
import { KeyRound, Users } from 'lucide-react'
import { useState } from 'react'
import { api, call } from '@/api/client'
import { useTexts } from '@/i18n'
import { Button } from '@/ui/Button'
import { KeysDialog } from './KeysDialog'
import { ShareDialog } from './ShareDialog'
import './sharing.css'

export function SessionAccess({ sessionId }: { sessionId: string }) {
  const t = useTexts().sharing
  const [open, setOpen] = useState<'share' | 'keys' | null>(null)
  const session = useQuery({
    queryKey: ['session', sessionId, 'access'],
    queryFn: () => call(api.GET('/api/v1/sessions/{session_id}', { params: { path: { session_id: sessionId } } })),
  })
  const about = session.data?.session
  if (about === undefined) return null
  if (about.access !== 'owner')
    return <span className="chip">{t.sharedBy(about.owner ?? '', t.roles[about.access] ?? about.access)}</span>
  const close = () => setOpen(null)
  return (
    <div className="row">
      <Button small onClick={() => setOpen('share')}>
        <Users size={16} aria-hidden /> {t.share}
      </Button>
      <Button small onClick={() => setOpen('keys')}>
        <KeyRound size={16} aria-hidden /> {t.keys}
      </Button>
      {open === 'share' ? <ShareDialog sessionId={sessionId} onClose={close} /> : null}
      {open === 'keys' ? <KeysDialog sessionId={sessionId} onClose={close} /> : null}
    </div>
  )
}

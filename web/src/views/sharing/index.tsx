/** Who else gets into the session: sharing and API keys for its owner, whose it is for a guest. */
import { KeyRound, Users } from 'lucide-react'
import { useContext, useState } from 'react'
import { AccessContext } from '@/app/access'
import { useTexts } from '@/i18n'
import { Button } from '@/ui/Button'
import { KeysDialog } from './KeysDialog'
import { ShareDialog } from './ShareDialog'
import './sharing.css'

export function SessionAccess({ sessionId }: { sessionId: string }) {
  const t = useTexts().sharing
  const [open, setOpen] = useState<'share' | 'keys' | null>(null)
  const { role, owner } = useContext(AccessContext)
  if (role !== 'owner') return <span className="chip">{t.sharedBy(owner ?? '', t.roles[role] ?? role)}</span>
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

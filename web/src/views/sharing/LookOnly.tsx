/** Stands where somebody who may only look would find what changes a session: who can let them. */
import { useContext, type ReactNode } from 'react'
import { AccessContext } from '@/app/access'
import { useTexts } from '@/i18n'

export function LookOnly({ action }: { action?: ReactNode }) {
  const t = useTexts().sharing
  const { owner } = useContext(AccessContext)
  return (
    <div className="note stack" role="note">
      <div>
        <h3>{t.lookOnly}</h3>
        <p>{t.lookOnlyText(owner ?? '')}</p>
      </div>
      {action ? <div className="row">{action}</div> : null}
    </div>
  )
}

/** One counter of the plan: used of allowed, held by open jobs, and when it begins anew. */
import { useFormat, useTexts } from '@/i18n'

interface Counted {
  used: number
  limit: number | null
  reserved?: number
}

interface Props {
  name: string
  counted: Counted
  write: (value: number) => string
  /** Left out where nothing begins anew, as with storage. */
  resets?: string
}

export function Meter({ name, counted: { used, limit, reserved = 0 }, write, resets }: Props) {
  const t = useTexts().account
  const format = useFormat()
  const words = limit === null ? t.unlimited(write(used)) : t.used(write(used), write(limit))
  const taken = used + reserved
  const full = limit !== null && taken >= limit
  const again = resets === undefined ? null : format.date(resets)
  return (
    <div>
      <div className="row spread">
        <h3>{name}</h3>
        <span>{words}</span>
      </div>
      {limit === null ? null : (
        <div
          className="progress"
          role="meter"
          aria-label={name}
          aria-valuemin={0}
          aria-valuemax={limit}
          aria-valuenow={Math.min(taken, limit)}
          aria-valuetext={words}
        >
          <div
            className={full ? 'full' : undefined}
            style={{ width: `${Math.min(100, (100 * taken) / Math.max(1, limit))}%` }}
          />
        </div>
      )}
      {reserved > 0 ? <p className="muted account-small">{t.reserved(write(reserved))}</p> : null}
      {full ? <p className="account-full">{again === null ? t.full : t.usedUp(again)}</p> : null}
      {full || limit === null || again === null ? null : <p className="muted account-small">{t.resets(again)}</p>}
    </div>
  )
}

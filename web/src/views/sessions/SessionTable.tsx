/** The rows of the list; only those in sight exist, and the next page is fetched before one arrives at its end. */
import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useLayoutEffect, useRef, useState, type ReactNode } from 'react'
import type { SessionSummary } from '@/api/schema'
import { useTexts } from '@/i18n'

const AHEAD = 30
const ROW_HEIGHT = 57

interface Props {
  sessions: SessionSummary[]
  total: number
  more: boolean
  loading: boolean
  onMore: () => void
  children: (session: SessionSummary) => ReactNode
}

export function SessionTable({ sessions, total, more, loading, onMore, children }: Props) {
  const t = useTexts().sessions
  const list = useRef<HTMLUListElement>(null)
  const [top, setTop] = useState(0)
  useLayoutEffect(() => setTop(list.current?.offsetTop ?? 0), [])
  const rows = useWindowVirtualizer({
    count: sessions.length,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
    scrollMargin: top,
    getItemKey: (index) => sessions[index]?.id ?? index,
  })
  const shown = rows.getVirtualItems()
  const last = shown.at(-1)?.index ?? 0
  useEffect(() => {
    if (more && !loading && last >= sessions.length - AHEAD) onMore()
  }, [more, loading, last, sessions.length, onMore])
  return (
    <>
      <ul ref={list} className="session-list" aria-label={t.list} style={{ height: rows.getTotalSize() }}>
        {shown.map((item) => {
          const session = sessions[item.index]
          return session === undefined ? null : (
            <li
              key={item.key}
              ref={rows.measureElement}
              data-index={item.index}
              aria-setsize={total}
              aria-posinset={item.index + 1}
              style={{ transform: `translateY(${item.start - rows.options.scrollMargin}px)` }}
            >
              {children(session)}
            </li>
          )
        })}
      </ul>
      {loading ? <div className="skeleton" role="status" aria-label={t.loadingMore} style={{ height: 40 }} /> : null}
    </>
  )
}

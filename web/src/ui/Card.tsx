/** A piece of a view: a heading, what can be done with it, and its content. */
import type { ReactNode } from 'react'

interface Props {
  title?: ReactNode
  actions?: ReactNode
  children: ReactNode
  className?: string
}

export function Card({ title, actions, children, className }: Props) {
  return (
    <section className={className ? `card ${className}` : 'card'}>
      {title || actions ? (
        <header>
          <h2>{title}</h2>
          {actions ? <div className="row">{actions}</div> : null}
        </header>
      ) : null}
      {children}
    </section>
  )
}

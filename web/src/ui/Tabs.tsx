/** Several faces of one thing; arrow keys move between them. */
import { Tabs as Radix } from 'radix-ui'
import type { ReactNode } from 'react'

interface Props<T extends string> {
  label: string
  value: T
  onChange: (value: T) => void
  tabs: Readonly<Record<T, string>>
  /** The face of the chosen tab. */
  children: ReactNode
}

export function Tabs<T extends string>({ label, value, onChange, tabs, children }: Props<T>) {
  return (
    <Radix.Root value={value} onValueChange={(chosen) => onChange(chosen as T)} className="stack">
      <Radix.List aria-label={label} className="tabs">
        {(Object.entries(tabs) as [T, string][]).map(([key, text]) => (
          <Radix.Trigger key={key} value={key}>
            {text}
          </Radix.Trigger>
        ))}
      </Radix.List>
      <Radix.Content value={value}>{children}</Radix.Content>
    </Radix.Root>
  )
}

/** A menu that opens from a button: `<Menu trigger={<Button …/>}><MenuItem onSelect={…}>…</MenuItem></Menu>`. */
import { DropdownMenu as Radix } from 'radix-ui'
import type { ReactNode } from 'react'

export function Menu({ trigger, children }: { trigger: ReactNode; children: ReactNode }) {
  return (
    <Radix.Root>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content className="menu" align="end" sideOffset={6} collisionPadding={8}>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

export const MenuItem = Radix.Item

export function MenuLabel({ children }: { children: ReactNode }) {
  return <Radix.Label className="menu-label">{children}</Radix.Label>
}

interface ChoiceProps<T extends string> {
  value: T
  options: Readonly<Record<T, string>>
  onChange: (value: T) => void
}

/** One of several, marked. */
export function MenuChoice<T extends string>({ value, options, onChange }: ChoiceProps<T>) {
  return (
    <Radix.RadioGroup value={value} onValueChange={(chosen) => onChange(chosen as T)}>
      {(Object.entries(options) as [T, string][]).map(([key, text]) => (
        <Radix.RadioItem key={key} value={key}>
          {text}
        </Radix.RadioItem>
      ))}
    </Radix.RadioGroup>
  )
}

/** A dialog over the page; Escape and a click beside it close it, and the focus goes back where it was. */
import { X } from 'lucide-react'
import { Dialog as Radix } from 'radix-ui'
import type { ReactNode } from 'react'
import { useTexts } from '@/i18n'
import { Button } from './Button'

interface Props {
  title: string
  description?: ReactNode
  /** What opens it; without, `open` and `onOpenChange` do. */
  trigger?: ReactNode
  open?: boolean
  onOpenChange?: (open: boolean) => void
  children: ReactNode
}

export function Dialog({ title, description, trigger, open, onOpenChange, children }: Props) {
  const t = useTexts().frame
  return (
    <Radix.Root {...(open === undefined ? {} : { open })} {...(onOpenChange ? { onOpenChange } : {})}>
      {trigger ? <Radix.Trigger asChild>{trigger}</Radix.Trigger> : null}
      <Radix.Portal>
        <Radix.Overlay className="dialog-shade" />
        <Radix.Content className="dialog stack" {...(description ? {} : { 'aria-describedby': undefined })}>
          <Radix.Title asChild>
            <h2>{title}</h2>
          </Radix.Title>
          {description ? (
            <Radix.Description asChild>
              <p className="muted">{description}</p>
            </Radix.Description>
          ) : null}
          {children}
          <Radix.Close asChild>
            <Button icon kind="quiet" className="dialog-close" aria-label={t.close}>
              <X size={18} aria-hidden />
            </Button>
          </Radix.Close>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

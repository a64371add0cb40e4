/** A button, and a link that looks like one. */
import type { ButtonHTMLAttributes } from 'react'
import { Link, type LinkProps } from 'react-router'

interface Look {
  kind?: 'primary' | 'danger' | 'quiet' | undefined
  small?: boolean | undefined
  /** Only a picture inside: give it an aria-label. */
  icon?: boolean | undefined
}

function classes({ kind, small, icon }: Look, extra?: string): string {
  return ['button', kind, small && 'small', icon && 'icon', extra].filter(Boolean).join(' ')
}

export function Button({
  kind,
  small,
  icon,
  className,
  type = 'button',
  ...rest
}: Look & ButtonHTMLAttributes<HTMLButtonElement>) {
  return <button type={type} className={classes({ kind, small, icon }, className)} {...rest} />
}

export function ButtonLink({ kind, small, icon, className, ...rest }: Look & LinkProps) {
  return <Link className={classes({ kind, small, icon }, className)} {...rest} />
}

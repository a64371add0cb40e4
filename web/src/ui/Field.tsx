/** A label, its control, what it means and what is wrong with it, tied together for screen readers. */
import { useId, type ReactNode } from 'react'

interface Control {
  id: string
  'aria-describedby': string | undefined
  'aria-invalid': boolean | undefined
}

interface Props {
  label: ReactNode
  hint?: ReactNode
  problem?: string | null | undefined
  /** Draws the control with these attributes: `{(control) => <input {...control} />}`. */
  children: (control: Control) => ReactNode
}

export function Field({ label, hint, problem, children }: Props) {
  const id = useId()
  const described = [hint ? `${id}-hint` : null, problem ? `${id}-problem` : null].filter(Boolean).join(' ')
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, 'aria-describedby': described || undefined, 'aria-invalid': problem ? true : undefined })}
      {hint ? (
        <span className="hint" id={`${id}-hint`}>
          {hint}
        </span>
      ) : null}
      {problem ? (
        <span className="problem" id={`${id}-problem`} role="alert">
          {problem}
        </span>
      ) : null}
    </div>
  )
}

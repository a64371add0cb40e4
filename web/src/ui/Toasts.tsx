/** Short messages at the edge, with the way back where there is one: `useToast()({text, undo})`. */
import { createContext, useCallback, useContext, useState, type ReactNode } from 'react'
import { X } from 'lucide-react'
import { useTexts } from '@/i18n'
import { Button } from './Button'

interface Toast {
  text: string
  bad?: boolean
  action?: { text: string; run: () => void }
  seconds?: number
}

const ToastContext = createContext<((toast: Toast) => void) | null>(null)
let last = 0

export function ToastProvider({ children }: { children: ReactNode }) {
  const t = useTexts().frame
  const [toasts, setToasts] = useState<(Toast & { id: number })[]>([])
  const remove = useCallback((id: number) => setToasts((shown) => shown.filter((each) => each.id !== id)), [])
  const show = useCallback(
    (toast: Toast) => {
      const id = ++last
      setToasts((shown) => [...shown.slice(-3), { ...toast, id }])
      setTimeout(() => remove(id), (toast.seconds ?? (toast.action || toast.bad ? 10 : 5)) * 1000)
    },
    [remove],
  )
  return (
    <ToastContext value={show}>
      {children}
      <div className="toasts" role="status" aria-live="polite">
        {toasts.map(({ id, text, bad, action }) => (
          <div key={id} className={bad ? 'toast bad' : 'toast'}>
            <span>{text}</span>
            <span className="row">
              {action ? (
                <Button
                  small
                  onClick={() => {
                    remove(id)
                    action.run()
                  }}
                >
                  {action.text}
                </Button>
              ) : null}
              <Button small icon kind="quiet" aria-label={t.close} onClick={() => remove(id)}>
                <X size={16} aria-hidden />
              </Button>
            </span>
          </div>
        ))}
      </div>
    </ToastContext>
  )
}

export function useToast(): (toast: Toast) => void {
  const show = useContext(ToastContext)
  if (show === null) throw new Error('useToast needs a ToastProvider above it')
  return show
}

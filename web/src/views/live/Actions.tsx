/** What may be asked of a job now; a cancellation is asked about once more. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { CircleStop, Medal, Pause, Play, RotateCcw, Send, type LucideIcon } from 'lucide-react'
import { useState } from 'react'
import { call, api } from '@/api/client'
import type { Job } from '@/api/schema'
import { useTexts } from '@/i18n'
import { Button } from '@/ui/Button'
import { Dialog } from '@/ui/Dialog'
import { useTellError } from '@/ui/refusalWords'
import { useToast } from '@/ui/Toasts'

const ICONS = {
  submit: Send,
  pause: Pause,
  resume: Play,
  finish: Medal,
  retry: RotateCcw,
  restart: RotateCcw,
  cancel: CircleStop,
} as const satisfies Record<string, LucideIcon>
type Action = keyof typeof ICONS

export function Actions({ job }: { job: Job }) {
  const t = useTexts().live
  const client = useQueryClient()
  const toast = useToast()
  const [asks, setAsks] = useState(false)
  const ask = useMutation({
    mutationFn: (action: Action) => request(action, job.id),
    onSuccess: (_, action) => toast({ text: t.done[action] }),
    onError: useTellError(),
    onSettled: () => {
      void client.invalidateQueries({ queryKey: ['job', job.id], exact: true })
      void client.invalidateQueries({ queryKey: ['session', job.session_id] })
    },
  })
  const offered = (Object.keys(ICONS) as Action[]).filter((action) => job.allowed.includes(action))
  return (
    <div className="row">
      {offered.map((action) => {
        const Icon = ICONS[action]
        return (
          <Button
            key={action}
            small
            kind={action === 'cancel' ? 'danger' : undefined}
            disabled={ask.isPending}
            onClick={() => (action === 'cancel' ? setAsks(true) : ask.mutate(action))}
          >
            <Icon size={15} aria-hidden /> {t.actions[action]}
          </Button>
        )
      })}
      <Dialog title={t.cancelAsk(job.job_name)} description={t.cancelText} open={asks} onOpenChange={setAsks}>
        <div className="row">
          <Button
            kind="danger"
            onClick={() => {
              setAsks(false)
              ask.mutate('cancel')
            }}
          >
            {t.cancelYes}
          </Button>
          <Button onClick={() => setAsks(false)}>{t.cancelNo}</Button>
        </div>
      </Dialog>
    </div>
  )
}

function request(action: Action, jobId: string): Promise<unknown> {
  const params = { path: { job_id: jobId } }
  switch (action) {
    case 'submit':
      return call(api.POST('/api/v1/training/jobs/{job_id}/submit', { params }))
    case 'pause':
      return call(api.POST('/api/v1/training/jobs/{job_id}/pause', { params }))
    case 'resume':
      return call(api.POST('/api/v1/training/jobs/{job_id}/resume', { params }))
    case 'finish':
      return call(api.POST('/api/v1/training/jobs/{job_id}/finish', { params }))
    case 'retry':
      return call(api.POST('/api/v1/training/jobs/{job_id}/retry', { params }))
    case 'restart':
      return call(api.POST('/api/v1/training/jobs/{job_id}/restart', { params }))
    case 'cancel':
      return call(api.POST('/api/v1/training/jobs/{job_id}/cancel', { params }))
  }
}

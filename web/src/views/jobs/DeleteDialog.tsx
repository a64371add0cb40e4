/** Asks before a job is deleted: that cannot be taken back. */
import type { Job } from '@/api/schema'
import { useTexts } from '@/i18n'
import { Button } from '@/ui/Button'
import { Dialog } from '@/ui/Dialog'

interface Props {
  job: Job
  onDelete: () => void
  onClose: () => void
}

export function DeleteDialog({ job, onDelete, onClose }: Props) {
  const { jobs: t, frame } = useTexts()
  const works = job.status === 'running'
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t.deleteTitle(job.job_name)}
      description={works ? `${t.deleteText} ${t.deleteWorking}` : t.deleteText}
    >
      <div className="row">
        <Button
          kind="danger"
          onClick={() => {
            onDelete()
            onClose()
          }}
        >
          {t.deleteYes}
        </Button>
        <Button onClick={onClose}>{frame.cancel}</Button>
      </div>
    </Dialog>
  )
}

/** Starts the jobs that were put together, says which of them were refused, and leads to where they can be watched. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Play } from 'lucide-react'
import { useId, useState } from 'react'
import { useNavigate } from 'react-router'
import { api, ApiError, call } from '@/api/client'
import type { JobBody } from '@/api/schema'
import { useTexts } from '@/i18n'
import { Button, ButtonLink } from '@/ui/Button'
import { Refused } from '@/ui/states'
import { useToast } from '@/ui/Toasts'
import type { Values } from './schema'
import type { Check } from './useCheck'

const PRIORITIES = ['high', 'normal', 'low'] as const
type Priority = (typeof PRIORITIES)[number]

interface Props {
  sessionId: string
  workload: string
  configs: Values[]
  names: string[]
  check: Check
  /** Whether something is wrong that stands beside no field. */
  unplaced: boolean
}

interface Refusal {
  at: number
  error: ApiError
}

export function Start({ sessionId, workload, configs, names, check, unplaced }: Props) {
  const t = useTexts().train
  const id = useId()
  const navigate = useNavigate()
  const client = useQueryClient()
  const toast = useToast()
  const [priority, setPriority] = useState<Priority>('normal')
  const [device, setDevice] = useState('auto')
  const [refused, setRefused] = useState<Refusal[]>([])
  const devices = useQuery({
    queryKey: ['devices'],
    queryFn: () => call(api.GET('/api/v1/devices')),
    staleTime: 60_000,
  })
  const start = useMutation({
    mutationFn: async (wanted: { at: number; config: Values }[]) => {
      const failures: Refusal[] = []
      for (const { at, config } of wanted) {
        const name = names[at] ?? workload
        const body: Partial<JobBody> = { workload, session_id: sessionId, config, priority, device, job_name: name }
        try {
          await call(
            api.POST('/api/v1/training/jobs', {
              body: body as JobBody, // what is left out has a default
              params: { header: { 'Idempotency-Key': newKey() } },
            }),
          )
        } catch (error) {
          if (!(error instanceof ApiError)) throw error
          failures.push({ at, error })
        }
      }
      return { failures, count: wanted.length }
    },
    onSuccess: async ({ failures, count }) => {
      setRefused(failures)
      void client.invalidateQueries({ queryKey: ['session', sessionId] })
      if (count > failures.length) toast({ text: t.started(count - failures.length) })
      if (failures.length === 0) await navigate(`/sessions/${sessionId}/live`)
    },
  })
  const all = configs.map((config, at) => ({ at, config }))
  const general = check.refusal !== null && (check.problems.size === 0 || unplaced)
  return (
    <>
      {general ? <Refused error={check.refusal} /> : null}
      {start.isError ? <Refused error={start.error} onRetry={() => start.mutate(all)} /> : null}
      {refused.map(({ at, error }) => (
        <div key={at}>
          <h3>{t.notStarted(names[at] ?? workload)}</h3>
          <Refused
            error={error}
            action={
              error.code === 'TRAINING_IN_PROGRESS' ? (
                <Button small onClick={() => start.mutate([{ at, config: { ...configs[at], allow_parallel: true } }])}>
                  {t.startBeside}
                </Button>
              ) : (
                <Button small onClick={() => start.mutate([{ at, config: configs[at] ?? {} }])}>
                  {t.start(1)}
                </Button>
              )
            }
          />
        </div>
      ))}
      <div className="train-start row spread">
        <div className="row">
          <label htmlFor={`${id}-priority`}>
            {t.priority}
            <select
              id={`${id}-priority`}
              value={priority}
              onChange={(event) => setPriority(event.target.value as Priority)}
            >
              {PRIORITIES.map((each) => (
                <option key={each} value={each}>
                  {t.priorities[each]}
                </option>
              ))}
            </select>
          </label>
          <label htmlFor={`${id}-device`}>
            {t.device}
            <select id={`${id}-device`} value={device} onChange={(event) => setDevice(event.target.value)}>
              <option value="auto">{t.deviceAuto}</option>
              {[...new Set((devices.data?.devices ?? []).map((each) => each.device))].map((each) => (
                <option key={each} value={each}>
                  {each}
                </option>
              ))}
            </select>
          </label>
        </div>
        <div className="row">
          <span role="status" className={check.state === 'refused' ? 'problem' : 'muted'}>
            {check.state === 'checking' ? t.checking : check.state === 'valid' ? t.valid : t.otherProblems}
          </span>
          {refused.length > 0 ? <ButtonLink to={`/sessions/${sessionId}/live`}>{t.watch}</ButtonLink> : null}
          <Button
            kind="primary"
            disabled={start.isPending || check.state === 'refused'}
            onClick={() => start.mutate(all)}
          >
            <Play size={16} aria-hidden /> {start.isPending ? t.starting : t.start(configs.length)}
          </Button>
        </div>
      </div>
    </>
  )
}

/** Names a request, so that one sent twice by a bad connection makes one job; also without https. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (each) => each.toString(36)).join('-')
}

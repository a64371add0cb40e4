/** The picture of who works: every device with its workers as slots, and the queues before them. */
import { Cpu } from 'lucide-react'
import type { Device, Queue, Worker } from '@/api/schema'
import { useFormat, useTexts } from '@/i18n'
import { Loaded } from '@/ui/states'
import { useMachines, useQueues } from './queries'

const MEGABYTE = 2 ** 20

export function Machines() {
  const t = useTexts().jobs
  const machines = useMachines()
  const queues = useQueues()
  return (
    <div className="machines">
      <section className="card" aria-label={t.machines}>
        <Loaded query={machines} height={96}>
          {({ devices, workers }) =>
            devices.length === 0 ? (
              <div className="note warn">
                <h3>{t.noWorkers}</h3>
                <p>{t.noWorkersHint}</p>
              </div>
            ) : (
              <ul className="devices">
                {devices.map((device) => (
                  <DeviceLine
                    key={`${device.host} ${device.device}`}
                    device={device}
                    workers={workers.filter((each) => each.host === device.host && each.device === device.device)}
                  />
                ))}
              </ul>
            )
          }
        </Loaded>
      </section>
      <section className="card" aria-label={t.queues}>
        <Loaded query={queues} height={96}>
          {(found) => (
            <ul className="queues">
              {found.queues.map((queue) => (
                <QueueTile key={queue.name} queue={queue} />
              ))}
            </ul>
          )}
        </Loaded>
      </section>
    </div>
  )
}

function DeviceLine({ device, workers }: { device: Device; workers: readonly Worker[] }) {
  const t = useTexts().jobs
  const format = useFormat()
  const used = usedBytes(device)
  const ordered = [...workers].sort((one, other) => other.lane.localeCompare(one.lane))
  return (
    <li>
      <div className="device-name">
        <Cpu size={18} aria-hidden />
        <strong>{device.device}</strong>
        <span className="muted">{`${device.name} · ${device.host}`}</span>
      </div>
      <ul className="slots">
        {ordered.map((worker, index) => (
          <li key={worker.id} className={worker.busy ? 'slot busy' : 'slot'} title={worker.id}>
            <span>{t.worker(index + 1)}</span>
            <small>
              {worker.busy ? t.busy : t.idle}
              {worker.lane === 'training' ? '' : ` · ${t.small}`}
            </small>
          </li>
        ))}
      </ul>
      {used !== null && device.total_memory ? (
        <div className="device-memory">
          <div className="progress" aria-hidden>
            <div style={{ width: `${Math.min(100, (100 * used) / device.total_memory)}%` }} />
          </div>
          <span className="muted">{t.memory(format.bytes(used), format.bytes(device.total_memory))}</span>
        </div>
      ) : null}
    </li>
  )
}

function QueueTile({ queue }: { queue: Queue }) {
  const t = useTexts().jobs
  const format = useFormat()
  return (
    <li>
      <h3>{t.queue[queue.name] ?? queue.name}</h3>
      <dl>
        <div>
          <dt>{t.waiting}</dt>
          <dd>{format.whole(queue.pending)}</dd>
        </div>
        <div>
          <dt>{t.working}</dt>
          <dd className={queue.started > 0 ? 'busy' : undefined}>{format.whole(queue.started)}</dd>
        </div>
      </dl>
      <small className="muted">{t.ofAll(format.whole(queue.pending_of_all), format.whole(queue.started_of_all))}</small>
    </li>
  )
}

/** Of a GPU what its workers hold, of a processor what the whole machine uses. */
function usedBytes(device: Device): number | null {
  const told = device.memory ?? {}
  const megabytes = told.allocated_mb ?? told.used_mb
  return megabytes === undefined ? null : megabytes * MEGABYTE
}

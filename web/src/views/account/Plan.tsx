/** What the plan allows, what is used of it and when that is counted anew, and the months before. */
import { useQuery } from '@tanstack/react-query'
import { api, call } from '@/api/client'
import type { UsageOverview } from '@/api/schema'
import { useFormat, useTexts } from '@/i18n'
import { Card } from '@/ui/Card'
import { Loaded } from '@/ui/states'
import { Meter } from './Meter'

export function Plan() {
  const usage = useQuery({
    queryKey: ['account', 'usage'],
    queryFn: () => call(api.GET('/api/v1/usage')),
    refetchInterval: 30_000,
  })
  return (
    <Loaded query={usage} height={260}>
      {(it) => (
        <>
          <Counters usage={it} />
          {it.events.length > 0 ? <Reached events={it.events} /> : null}
          {it.history.length > 0 ? <Earlier history={it.history} /> : null}
        </>
      )}
    </Loaded>
  )
}

function Counters({ usage }: { usage: UsageOverview }) {
  const t = useTexts().account
  const format = useFormat()
  const { training, processing, compute_minutes: minutes } = usage.counters
  const { storage, api_keys: keys, parallel_jobs: parallel, plan, period } = usage
  const stored = { used: storage.used_bytes, limit: storage.limit_bytes }
  return (
    <Card
      title={`${t.plan}: ${t.plans[plan.id] ?? plan.name}`}
      actions={<span className="muted">{t.period(format.date(period.start), format.date(period.end))}</span>}
    >
      <div className="account-usage">
        {plan.can_use_training ? (
          <Meter name={t.training} counted={training} write={format.whole} resets={training.resets_at} />
        ) : (
          <div>
            <h3>{t.training}</h3>
            <p className="muted">{t.noTraining}</p>
          </div>
        )}
        <Meter name={t.processing} counted={processing} write={format.whole} resets={processing.resets_at} />
        <Meter
          name={t.minutes}
          counted={minutes}
          write={(value) => t.inMinutes(format.number(value, 3))}
          resets={minutes.resets_at}
        />
        <Meter name={t.storage} counted={stored} write={format.bytes} />
        <Meter name={t.apiKeys} counted={keys} write={format.whole} />
      </div>
      <dl className="account-facts">
        <dt>{t.parallel}</dt>
        <dd>
          {t.parallelNow(
            format.whole(parallel.running),
            format.whole(parallel.waiting),
            parallel.limit === null ? null : format.whole(parallel.limit),
          )}
        </dd>
        <dt>{t.largestFile}</dt>
        <dd>{plan.max_file_size_mb === null ? t.anySize : format.bytes(plan.max_file_size_mb * 1_000_000)}</dd>
      </dl>
      <p className="muted">{t.minutesHint}</p>
    </Card>
  )
}

/** What was refused for want of room in the plan: once for each limit and month. */
function Reached({ events }: { events: UsageOverview['events'] }) {
  const t = useTexts().account
  const format = useFormat()
  const kinds: Record<string, [name: string, write: (value: number) => string]> = {
    training: [t.training, format.whole],
    processing: [t.processing, format.whole],
    compute_minutes: [t.minutes, (value) => t.inMinutes(format.number(value, 3))],
    storage: [t.storage, format.bytes],
    api_keys: [t.apiKeys, format.whole],
  }
  return (
    <Card title={t.reached}>
      <ul className="account-list">
        {events.map(({ counter, at, used, limit }) => {
          const [name, write] = kinds[counter] ?? [counter, format.whole]
          return (
            <li key={counter + at} className="row spread">
              <span>
                {name}: {t.used(write(used), write(limit))}
              </span>
              <time dateTime={at} className="muted">
                {format.time(at)}
              </time>
            </li>
          )
        })}
      </ul>
    </Card>
  )
}

function Earlier({ history }: { history: UsageOverview['history'] }) {
  const t = useTexts().account
  const format = useFormat()
  return (
    <Card title={t.earlier}>
      <div className="scroll-x">
        <table>
          <thead>
            <tr>
              <th scope="col">{t.from}</th>
              <th scope="col" className="number">
                {t.training}
              </th>
              <th scope="col" className="number">
                {t.processing}
              </th>
              <th scope="col" className="number">
                {t.minutes}
              </th>
            </tr>
          </thead>
          <tbody>
            {history.map((month) => (
              <tr key={month.start}>
                <th scope="row">{format.date(month.start)}</th>
                <td className="number">{format.whole(month.training)}</td>
                <td className="number">{format.whole(month.processing)}</td>
                <td className="number">{format.number(month.compute_minutes, 3)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  )
}

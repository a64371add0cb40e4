/** The values of the window as a table, and as CSV to take away. */
import { saveAs } from '@/api/client'
import type { Window } from '@/api/schema'
import { useFormat, useTexts } from '@/i18n'
import { Button } from '@/ui/Button'
import { csv } from '@/ui/csv'

const SHOWN = 200

export function Numbers({ window }: { window: Window }) {
  const t = useTexts().windows
  const format = useFormat()
  const columns = [...window.features.map((each) => ({ ...each, head: `${each.name} (${t.roles[each.role]})` }))]
  const all = [...columns, ...window.calendar.map((each) => ({ ...each, head: each.name }))]
  const steps = Math.max(...all.map((each) => each.times.length))
  const take = () => {
    const rows = all.flatMap((each) => each.times.map((time, step) => [each.head, step, time, each.values[step] ?? '']))
    saveAs(csv([['column', 'step', 'time', 'value'], ...rows]), `window_${window.reference_time.slice(0, 10)}.csv`)
  }
  return (
    <details>
      <summary>{t.numbers}</summary>
      <div className="stack">
        {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls, so the keyboard must reach it */}
        <div className="scroll-x tall" tabIndex={0} role="region" aria-label={t.numbers}>
          <table>
            <thead>
              <tr>
                <th>{t.step}</th>
                {all.map(({ head }) => (
                  <th key={head} className="number">
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {Array.from({ length: Math.min(steps, SHOWN) }, (_, step) => (
                <tr key={step}>
                  <td>{step + 1}</td>
                  {all.map(({ head, times, values }) => (
                    <td key={head} className="number" title={times[step]}>
                      {format.number(values[step])}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        <div>
          <Button small onClick={take}>
            {t.download}
          </Button>
        </div>
      </div>
    </details>
  )
}

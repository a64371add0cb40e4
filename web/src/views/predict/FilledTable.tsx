/** Every input the model gets, step by step, and where each value comes from. */
import type { FilledFeature } from '@/api/schema'
import { useFormat, useTexts } from '@/i18n'

const SHOWN = 400

export function FilledTable({ features }: { features: FilledFeature[] }) {
  const t = useTexts().predict
  const format = useFormat()
  const steps = Math.min(Math.max(0, ...features.map(({ times }) => times.length)), SHOWN)
  return (
    <details>
      <summary>{t.inputsAll}</summary>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls, so the keyboard must reach it */}
      <div className="scroll-x tall" tabIndex={0} role="region" aria-label={t.inputsAll}>
        <table>
          <thead>
            <tr>
              <th>{t.step}</th>
              {features.map(({ name }) => (
                <th key={name} className="number">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {Array.from({ length: steps }, (_, step) => (
              <tr key={step}>
                <td>{step + 1}</td>
                {features.map(({ name, times, values, origins }) => {
                  const origin = origins[step] ?? 'missing'
                  return (
                    <td key={name} className={`number origin ${origin}`} title={format.time(times[step])}>
                      {origin === 'missing' ? '' : format.number(values[step])}
                      <small>{t.origins[origin]}</small>
                    </td>
                  )
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  )
}

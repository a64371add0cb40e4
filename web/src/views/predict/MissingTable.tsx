/** What no file knows yet: a row per time, a column per feature, each gap a field. */
import type { PredictionInputs } from '@/api/schema'
import { useFormat, useTexts } from '@/i18n'
import { Button } from '@/ui/Button'
import { held, isPartlyKnown, timesOf, typedNumber, type Typed } from './filling'

interface Props {
  inputs: PredictionInputs
  typed: Typed
  onChange: (typed: Typed) => void
}

export function MissingTable({ inputs, typed, onChange }: Props) {
  const t = useTexts().predict
  const format = useFormat()
  const { missing, features } = inputs
  const type = (feature: string, time: string, text: string) =>
    onChange({ ...typed, [feature]: { ...typed[feature], [time]: text } })
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls, so the keyboard must reach it
    <div className="scroll-x tall missing-table" tabIndex={0} role="region" aria-label={t.missing}>
      <table>
        <thead>
          <tr>
            <th>{t.time}</th>
            {missing.map(({ feature }) => {
              const known = features.find((each) => each.name === feature)
              return (
                <th key={feature}>
                  <span className="row">
                    {feature}
                    {known && isPartlyKnown(features, feature) ? (
                      <Button small onClick={() => onChange(held(known, typed))}>
                        {t.hold}
                      </Button>
                    ) : null}
                  </span>
                </th>
              )
            })}
          </tr>
        </thead>
        <tbody>
          {timesOf(missing).map((time) => (
            <tr key={time}>
              <td>{format.time(time)}</td>
              {missing.map(({ feature, times }) => {
                const text = typed[feature]?.[time] ?? ''
                return (
                  <td key={feature}>
                    {times.includes(time) ? (
                      <>
                        <input
                          inputMode="decimal"
                          aria-label={t.valueOf(feature, format.time(time))}
                          aria-invalid={(text !== '' && typedNumber(text) === null) || undefined}
                          value={text}
                          onChange={(event) => type(feature, time, event.target.value)}
                        />
                        {text !== '' && typedNumber(text) === null ? (
                          <small className="problem" role="alert">
                            {t.notANumber}
                          </small>
                        ) : null}
                      </>
                    ) : (
                      t.known
                    )}
                  </td>
                )
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** Two versions side by side: their errors, and the settings that differ. */
import { useQuery } from '@tanstack/react-query'
import { useFormat, useTexts } from '@/i18n'
import type { Comparison } from '@/api/schema'
import { Loaded } from '@/ui/states'
import { withUnit } from '@/views/results/choice'
import { compareQuery } from './queries'

const SHOWN = ['MAE', 'RMSE', 'WAPE', 'MASE', 'BIAS', 'skill'] as const

export function Compared({ model, a, b }: { model: string; a: number; b: number }) {
  const t = useTexts().models
  const format = useFormat()
  const comparison = useQuery(compareQuery(model, a, b))
  return (
    <section className="stack">
      <h3>{t.compared(format.whole(a), format.whole(b))}</h3>
      <Loaded query={comparison} height={180}>
        {(found) => (
          <div className="grid">
            {found.comparable ? <Errors found={found} /> : <p className="note warn">{t.notComparable}</p>}
            <div>
              <h4>{t.differences}</h4>
              {found.config.length === 0 ? <p className="muted">{t.noDifferences}</p> : <Settings found={found} />}
            </div>
          </div>
        )}
      </Loaded>
    </section>
  )
}

function Errors({ found }: { found: Comparison }) {
  const t = useTexts().models
  const format = useFormat()
  const outputs = Object.entries(found.outputs)
  const signed = (value: number, text: string) => (value > 0 ? `+${text}` : text)
  // Of shares the difference is in points: 40 % after -59 % is not 99 % more.
  const changed = (name: string, value: number | null) =>
    value === null
      ? '–'
      : name === 'skill'
        ? t.points(signed(value, format.number(100 * value, 3)))
        : signed(value, format.number(value))
  const number = (name: string, value: number | null) =>
    name === 'skill' ? format.percent(value) : format.number(value)
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- scrolls, so the keyboard must be able to reach it
    <div className="scroll-x" tabIndex={0} role="region" aria-label={t.metrics}>
      <table>
        <thead>
          <tr>
            <th>{t.measure}</th>
            {[found.a, found.b].map((version, place) => (
              <th key={place} className="number">
                {t.versionOf(format.whole(version.version), version.mode)}
              </th>
            ))}
            <th className="number">{t.change}</th>
          </tr>
        </thead>
        <tbody>
          {outputs.flatMap(([output, measures]) =>
            SHOWN.flatMap((name) => {
              const pair = measures[name]
              if (pair === undefined) return []
              return [
                <tr key={`${output} ${name}`}>
                  <th scope="row">{`${outputs.length > 1 ? `${output}: ` : ''}${name === 'skill' ? t.skill : withUnit(name)}`}</th>
                  {(['a', 'b'] as const).map((side) => (
                    <td key={side} className="number">
                      {pair.better === side ? <strong>{number(name, pair[side])}</strong> : number(name, pair[side])}
                      {pair.better === side ? <span className="visually-hidden">{` ${t.better}`}</span> : null}
                    </td>
                  ))}
                  <td className={pair.better === 'b' ? 'number gain' : pair.better === 'a' ? 'number loss' : 'number'}>
                    {changed(name, pair.change)}
                  </td>
                </tr>,
              ]
            }),
          )}
        </tbody>
      </table>
    </div>
  )
}

function Settings({ found }: { found: Comparison }) {
  const t = useTexts().models
  const format = useFormat()
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- scrolls, so the keyboard must be able to reach it
    <div className="scroll-x" tabIndex={0} role="region" aria-label={t.differences}>
      <table>
        <thead>
          <tr>
            <td />
            {[found.a, found.b].map((version, place) => (
              <th key={place}>{t.versionOf(format.whole(version.version), version.mode)}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {found.config.map(({ path, a, b }) => (
            <tr key={path}>
              <th scope="row">
                <code>{path}</code>
              </th>
              <td>{plain(a)}</td>
              <td>{plain(b)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function plain(value: unknown): string {
  if (value === null || value === undefined) return '–'
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Bars: standing ones for a histogram, lying ones with their names and numbers. */
import './bars.css'

interface ColumnsProps {
  title: string
  /** One more than `counts`. */
  edges: number[]
  counts: number[]
  write: (value: number) => string
  height?: number
}

export function Histogram({ title, edges, counts, write, height = 180 }: ColumnsProps) {
  const most = Math.max(...counts, 1)
  const [low, high] = [edges[0] ?? 0, edges.at(-1) ?? 1]
  const zero = high > low ? (0 - low) / (high - low) : -1
  return (
    <figure className="histogram" aria-label={title} role="img">
      <div style={{ height }}>
        {counts.map((count, index) => (
          <span
            key={index}
            style={{ height: `${(100 * count) / most}%` }}
            title={`${write(edges[index] ?? 0)} … ${write(edges[index + 1] ?? 0)}: ${count}`}
          />
        ))}
        {zero >= 0 && zero <= 1 ? <i style={{ left: `${100 * zero}%` }} /> : null}
      </div>
      <figcaption>
        <span>{write(low)}</span>
        <span>{write(high)}</span>
      </figcaption>
    </figure>
  )
}

export interface Bar {
  key: string
  label: string
  value: number | null
  colour?: string
}

interface LyingProps {
  title: string
  bars: Bar[]
  write: (value: number | null) => string
}

/** The longest bar is the greatest absolute value; those below zero are paler. */
export function LyingBars({ title, bars, write }: LyingProps) {
  const most = Math.max(...bars.map((bar) => Math.abs(bar.value ?? 0)), 1e-300)
  return (
    <table className="lying-bars" aria-label={title}>
      <tbody>
        {bars.map((bar) => (
          <tr key={bar.key}>
            <th scope="row">{bar.label}</th>
            <td className="lying-bar">
              <span
                className={(bar.value ?? 0) < 0 ? 'below' : undefined}
                style={{ width: `${(100 * Math.abs(bar.value ?? 0)) / most}%`, background: bar.colour }}
              />
            </td>
            <td className="number">{write(bar.value)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

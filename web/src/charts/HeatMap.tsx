/** A table of numbers as colours: arrow keys move between the cells, Enter or a click picks one, every cell says its number. */
import { useRef, useState, type KeyboardEvent } from 'react'
import './charts.css'
import { css, diverging, inkOn, sequential } from './ramp'

export interface HeatRow {
  key: string
  label: string
  values: (number | null)[]
  /** Shown, but the ramp does not reach out for its values. */
  beyond?: boolean
}

interface Props {
  title: string
  rows: HeatRow[]
  /** One per column; an empty one is not written. */
  columns: string[]
  /** Diverging: 0 is the middle; sequential: from the least to the greatest. */
  kind: 'sequential' | 'diverging'
  /** What a cell says to a pointer or a screen reader. */
  describe: (row: number, column: number) => string
  /** Writes the number into the cell, where there is room. */
  write?: ((value: number) => string) | undefined
  onPick?: (row: number, column: number) => void
}

const [LABEL_PX, WRITTEN_PX, BARE_PX, HEAD_PX] = [132, 48, 7, 38]
const STEPS: Record<string, [number, number]> = {
  ArrowRight: [0, 1],
  ArrowLeft: [0, -1],
  ArrowDown: [1, 0],
  ArrowUp: [-1, 0],
}

export function HeatMap({ title, rows, columns, kind, describe, write, onPick }: Props) {
  const [active, setActive] = useState<[number, number]>([0, 0])
  const table = useRef<HTMLTableElement>(null)
  const share = shares(reached(rows), kind)
  const move = (event: KeyboardEvent) => {
    const step = STEPS[event.key]
    if (step === undefined) return
    event.preventDefault()
    const row = clamp(active[0] + step[0], rows.length)
    const column = clamp(active[1] + step[1], columns.length)
    setActive([row, column])
    table.current?.querySelector<HTMLElement>(`[data-cell="${row}-${column}"]`)?.focus()
  }
  return (
    <div className="heat-map">
      <table
        className={write ? 'written' : undefined}
        style={{ minWidth: widthOf(columns, write !== undefined) }}
        role="grid"
        aria-label={title}
        ref={table}
        onKeyDown={move}
      >
        <colgroup>
          <col style={{ width: LABEL_PX }} />
          {columns.map((_, index) => (
            <col key={index} />
          ))}
        </colgroup>
        <thead>
          <tr>
            <td />
            {columns.map((label, index) => (
              <th key={index} scope="col">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, r) => (
            <tr key={row.key}>
              <th scope="row">{row.label}</th>
              {row.values.map((value, c) => {
                const colour = value === null ? null : (kind === 'diverging' ? diverging : sequential)(share(value))
                const text = describe(r, c)
                return (
                  <td key={c}>
                    <button
                      type="button"
                      data-cell={`${r}-${c}`}
                      tabIndex={active[0] === r && active[1] === c ? 0 : -1}
                      title={text}
                      aria-label={text}
                      style={colour ? { background: css(colour), color: inkOn(colour) } : undefined}
                      onFocus={() => setActive([r, c])}
                      onClick={() => onPick?.(r, c)}
                    >
                      {value !== null && write ? write(value) : '\u00a0'}
                    </button>
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

/** At least: so that neither the numbers nor the labels above them touch. */
function widthOf(columns: string[], written: boolean): number {
  const heads = columns.filter((label) => label !== '').length
  return LABEL_PX + Math.max(columns.length * (written ? WRITTEN_PX : BARE_PX), heads * HEAD_PX)
}

/** The values that the ramp reaches out for. */
function reached(rows: HeatRow[]): (number | null)[] {
  return (rows.every((row) => row.beyond) ? rows : rows.filter((row) => !row.beyond)).flatMap((row) => row.values)
}

/** Both ends of the ramp, for its legend. */
export function ends(rows: HeatRow[], kind: 'sequential' | 'diverging'): [number, number] {
  const known = reached(rows).filter((value) => value !== null)
  const most = Math.max(...known.map(Math.abs))
  return kind === 'diverging' ? [-most, most] : [Math.min(...known), Math.max(...known)]
}

/** Where a value stands on its ramp: 0 to 1, or -1 to 1 around zero. */
export function shares(values: (number | null)[], kind: 'sequential' | 'diverging'): (value: number) => number {
  const known = values.filter((value) => value !== null)
  const [least, greatest] = [Math.min(...known), Math.max(...known)]
  if (kind === 'diverging') {
    const most = Math.max(Math.abs(least), Math.abs(greatest)) || 1
    return (value) => value / most
  }
  return (value) => (greatest > least ? (value - least) / (greatest - least) : 0)
}

/** So many labels that they do not touch: every n-th, the others empty. */
export function thinned(labels: string[], most = 16): string[] {
  const every = Math.ceil(labels.length / most)
  return labels.map((label, index) => (index % every === 0 ? label : ''))
}

function clamp(place: number, length: number): number {
  return Math.min(Math.max(place, 0), length - 1)
}

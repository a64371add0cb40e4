/** Tables of columns as rows: in another order, and as text that a spreadsheet takes from the clipboard. */

export interface Table {
  columns: string[]
  rows: (number | null)[][]
}

export interface Order {
  column: number
  down: boolean
}

export function flat(columns: Record<string, (number | null)[]>): Table {
  const values = Object.values(columns)
  const length = Math.max(0, ...values.map((column) => column.length))
  return {
    columns: Object.keys(columns),
    rows: Array.from({ length }, (_, row) => values.map((column) => column[row] ?? null)),
  }
}

/** What is undefined stands last in either direction. */
export function sorted({ rows }: Table, order: Order | null): (number | null)[][] {
  if (order === null) return rows
  return [...rows].sort((one, other) => {
    const [a, b] = [one[order.column] ?? null, other[order.column] ?? null]
    if (a === null || b === null) return Number(a === null) - Number(b === null)
    return order.down ? b - a : a - b
  })
}

export function tabbed({ columns, rows }: Table): string {
  return [columns, ...rows.map((row) => row.map((value) => value ?? ''))].map((row) => row.join('\t')).join('\n')
}

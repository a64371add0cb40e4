/** Tables as CSV files: commas, points, quotes where a cell needs them. */
export type Cell = string | number | null

export function csv(rows: readonly (readonly Cell[])[]): Blob {
  return new Blob([csvText(rows)], { type: 'text/csv;charset=utf-8' })
}

export function csvText(rows: readonly (readonly Cell[])[]): string {
  return rows.map((row) => row.map(cell).join(',')).join('\n') + '\n'
}

function cell(value: Cell): string {
  if (value === null) return ''
  const text = String(value)
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

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
  // a text that a spreadsheet would take for a formula stays a text; numbers keep their sign
  const text = typeof value === 'string' && /^[=+\-@\t\r\n|%]/.test(value) ? `'${value}` : String(value)
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** What becomes of a file: which of its columns are inputs or outputs, and how it is read. */

export type Role = 'input' | 'output'

export interface Plan {
  role: Role
  columns: { column: string; bezeichnung: string }[]
  importOptions: Record<string, string | number | boolean>
}

export type ColumnRole = 'none' | 'input' | 'output' | 'both'

export interface ColumnChoice {
  column: string
  name: string
  role: ColumnRole
}

/** The first column of numbers is what is usually forecast, and its past helps; the others help.
 *
 * True and false mostly tell of a row, such as whether it was estimated; who wants them chooses them.
 */
export function usualRoles(columns: readonly { name: string; kind: string }[]): ColumnChoice[] {
  const first = columns.find(({ kind }) => kind === 'number')
  return columns.map((column) => ({
    column: column.name,
    name: column.name,
    role: column === first ? 'both' : column.kind === 'number' ? 'input' : 'none',
  }))
}

/** One upload per role that is taken; the server gives each column a row of its own. */
export function plansOf(choices: readonly ColumnChoice[], importOptions: Plan['importOptions']): Plan[] {
  return (['input', 'output'] as const).flatMap((role) => {
    const columns = choices
      .filter((choice) => choice.role === role || choice.role === 'both')
      .map(({ column, name }) => ({ column, bezeichnung: name.trim() || column }))
    return columns.length === 0 ? [] : [{ role, columns, importOptions }]
  })
}

/** Names that would come twice among the inputs, or among the outputs. */
export function repeatedNames(plans: readonly Plan[]): string[] {
  return plans.flatMap(({ columns }) => {
    const names = columns.map((each) => each.bezeichnung)
    return names.filter((name, place) => names.indexOf(name) !== place)
  })
}

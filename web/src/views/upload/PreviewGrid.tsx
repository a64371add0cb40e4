/** The first rows of a file as text, with what was read of them, and above each column what it is used for. */
import type { Preview } from '@/api/schema'
import { useFormat, useTexts } from '@/i18n'
import type { ColumnChoice, ColumnRole } from '@/uploads/plan'

interface Props {
  name: string
  preview: Preview
  choices: ColumnChoice[]
  onChoose: (column: string, changes: Partial<ColumnChoice>) => void
}

export function PreviewGrid({ name, preview, choices, onChoose }: Props) {
  const t = useTexts().upload
  const columns = preview.columns
  const chosen = new Map(choices.map((choice) => [choice.column, choice]))
  const problems = new Set(preview.problems.map((each) => each.row))
  const timed = preview.rows.some((row) => row.time !== null)
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by keyboard
    <div className="preview-grid scroll-x" tabIndex={0} role="region" aria-label={t.grid(name)}>
      <table>
        <thead>
          <tr>
            <th>{t.line}</th>
            {timed ? <th>{t.read}</th> : null}
            {columns.map((column) => {
              const choice = chosen.get(column.name)
              return (
                <th key={column.name} className={isNumeric(column.kind) ? 'number' : undefined}>
                  <span className="preview-column">
                    <strong>{column.name}</strong>
                    <span className="chip">{t.kinds[column.kind]}</span>
                    {choice ? <RoleOf choice={choice} onChoose={onChoose} /> : null}
                  </span>
                </th>
              )
            })}
          </tr>
        </thead>
        <tbody>
          {preview.rows.map((row) => (
            <tr key={row.row} className={problems.has(row.row) ? 'bad' : undefined}>
              <td className="muted number">{row.row}</td>
              {timed ? <td>{row.time?.replace('T', ' ').replace('Z', '') ?? null}</td> : null}
              {row.cells.map((cell, place) => (
                <Cell key={place} text={cell} read={row.numbers[place] ?? null} kind={columns[place]?.kind} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function isNumeric(kind: string | undefined): boolean {
  return kind === 'number' || kind === 'truth'
}

/** A number that is written otherwise than JavaScript would write it shows both. */
function Cell({ text, read, kind }: { text: string; read: number | null; kind: string | undefined }) {
  const format = useFormat()
  const written = format.number(read, 12)
  const group = format.number(0.5).includes(',') ? '.' : ','
  const differs = read !== null && Number(text) !== read && ![written, written.replaceAll(group, '')].includes(text)
  return (
    <td className={isNumeric(kind) ? 'number' : undefined}>
      {text}
      {differs ? <small className="muted">{` = ${written}`}</small> : null}
    </td>
  )
}

function RoleOf({ choice, onChoose }: { choice: ColumnChoice; onChoose: Props['onChoose'] }) {
  const t = useTexts().upload
  return (
    <>
      <select
        aria-label={t.roleOf(choice.column)}
        value={choice.role}
        onChange={(event) => onChoose(choice.column, { role: event.target.value as ColumnRole })}
      >
        {(Object.entries(t.roles) as [ColumnRole, string][]).map(([role, text]) => (
          <option key={role} value={role}>
            {text}
          </option>
        ))}
      </select>
      {choice.role === 'none' ? null : (
        <input
          aria-label={t.nameOf(choice.column)}
          maxLength={255}
          value={choice.name}
          onChange={(event) => onChoose(choice.column, { name: event.target.value })}
        />
      )}
    </>
  )
}

/** The error tables of a training: sorted by any column, copied, or taken home as CSV or XLSX. */
import { useMutation, useQuery } from '@tanstack/react-query'
import { ArrowDown, ArrowUp, Copy, Download } from 'lucide-react'
import { useState } from 'react'
import { download } from '@/api/client'
import type { ErrorTables } from '@/api/schema'
import { useFormat, useTexts } from '@/i18n'
import { Button } from '@/ui/Button'
import { copyText } from '@/ui/Code'
import { Menu, MenuItem } from '@/ui/Menu'
import { Loaded } from '@/ui/states'
import { useTellError } from '@/ui/refusalWords'
import { useToast } from '@/ui/Toasts'
import type { Model } from './choice'
import { Pick } from './parts'
import { tablesQuery } from './queries'
import { flat, sorted, tabbed, type Order, type Table } from './table'

const DELTA = 'delta [min]'

export function Tables({ model, output }: { model: Model; output: string }) {
  const tables = useQuery(tablesQuery(model.job_id))
  return (
    <Loaded query={tables} height={320}>
      {({ tables: found }) => <Chosen model={model} output={output} tables={found} />}
    </Loaded>
  )
}

function Chosen({ model, output, tables }: { model: Model; output: string; tables: ErrorTables }) {
  const t = useTexts().results
  const [level, setLevel] = useState('')
  const levels = Object.keys(tables.df_eval_ts[output] ?? {})
  const perBlock = tables.df_eval_ts[output]?.[level]
  const columns = perBlock
    ? { [t.block]: (Object.values(perBlock)[0] ?? []).map((_, index) => index + 1), ...perBlock }
    : (tables.df_eval[output] ?? {})
  const options = [
    ['', t.wholeHorizon],
    ...levels.map((each): [string, string] => [each, `${t.perBlock}: ${Number(each)} min`]),
  ] as [string, string][]
  const table = flat(columns)
  return (
    <div className="stack">
      <div className="row spread">
        <Pick label={t.averaged} value={level} options={options} onChange={setLevel} />
        <Away model={model} output={output} table={table} />
      </div>
      <Sortable table={table} />
    </div>
  )
}

function Sortable({ table }: { table: Table }) {
  const t = useTexts().results
  const format = useFormat()
  const [order, setOrder] = useState<Order | null>(null)
  const rows = sorted(table, order)
  const turn = (column: number) =>
    setOrder(order?.column === column && !order.down ? { column, down: true } : { column, down: false })
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- scrolls, so the keyboard must be able to reach it
    <div className="scroll-x" tabIndex={0} role="region" aria-label={t.faces.tables}>
      <table className="sortable">
        <thead>
          <tr>
            {table.columns.map((name, column) => {
              const down = order?.column === column ? order.down : undefined
              return (
                <th
                  key={name}
                  className="number"
                  aria-sort={down === undefined ? 'none' : down ? 'descending' : 'ascending'}
                >
                  <button type="button" title={t.sortBy(name)} onClick={() => turn(column)}>
                    {down === undefined ? null : down ? (
                      <ArrowDown size={13} aria-hidden />
                    ) : (
                      <ArrowUp size={13} aria-hidden />
                    )}
                    {name === DELTA ? `${t.averaged} [min]` : name}
                  </button>
                </th>
              )
            })}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {row.map((value, column) => (
                <td key={column} className="number">
                  {format.number(value, 5)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Away({ model, output, table }: { model: Model; output: string; table: Table }) {
  const t = useTexts().results
  const { copied } = useTexts().frame
  const toast = useToast()
  const path = `/api/v1/training/jobs/${model.job_id}/tables`
  const take = useMutation({
    mutationFn: (query: string) => download(`${path}?${query}`, 'tables'),
    onError: useTellError(),
  })
  const csv = `format=csv&output=${encodeURIComponent(output)}`
  return (
    <div className="row">
      <Button small onClick={() => void copyText(tabbed(table)).then(() => toast({ text: copied }))}>
        <Copy size={15} aria-hidden /> {t.copyTable}
      </Button>
      <Menu
        trigger={
          <Button small>
            <Download size={15} aria-hidden /> {t.csv}
          </Button>
        }
      >
        <MenuItem onSelect={() => take.mutate(csv)}>{t.csv}</MenuItem>
        <MenuItem onSelect={() => take.mutate(`${csv}&decimal=comma`)}>{t.csvComma}</MenuItem>
      </Menu>
      <Button small onClick={() => take.mutate('format=xlsx')}>
        <Download size={15} aria-hidden /> {'XLSX'}
      </Button>
    </div>
  )
}

/** One variable: its violins, the quantiles of the one that is pointed at, the numbers as a table, files to take away. */
import { Download } from 'lucide-react'
import { useRef, useState } from 'react'
import { download, saveAs } from '@/api/client'
import type { Distributions, StoredPlot, VariableSpread } from '@/api/schema'
import { useColours } from '@/charts/colours'
import { pngFile, pngOf, svgFile } from '@/charts/pictureFiles'
import { quantile, span } from '@/charts/violin'
import { Violins } from '@/charts/Violins'
import { useFormat, useTexts } from '@/i18n'
import { Button } from '@/ui/Button'
import { Card } from '@/ui/Card'
import { Menu, MenuItem } from '@/ui/Menu'
import { useTellError } from '@/ui/refusalWords'

const LEVELS = [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1]
type By = Distributions['by']

interface Props {
  variable: VariableSpread
  by: By
  colour: string
  /** Where the server tells these numbers, for the CSV. */
  address: string
  picture: StoredPlot | undefined
}

export function VariableCard({ variable, by, colour, address, picture }: Props) {
  const t = useTexts().datasets
  const [active, setActive] = useState<number | null>(null)
  const drawing = useRef<SVGSVGElement>(null)
  const { low, high } = span(variable.groups)
  const spread = high - low
  const name = variable.role === 'calendar' ? t.calendar(variable.name) : variable.name
  const groups = variable.groups.map((group) => ({ ...group, name: t.group(by, group.group) }))
  return (
    <Card
      title={<span title={variable.name}>{name}</span>}
      actions={
        <>
          <span className="chip">{t.roles[variable.role]}</span>
          <Files variable={variable} by={by} drawing={drawing} address={address} picture={picture} />
        </>
      }
    >
      <Violins
        title={t.violinsOf(name)}
        groups={groups}
        colour={colour}
        active={active}
        onActive={setActive}
        drawing={drawing}
      />
      <Told group={groups[active ?? -1] ?? (groups.length === 1 ? groups[0] : undefined)} spread={spread} />
      <Table groups={groups} spread={spread} />
    </Card>
  )
}

type Group = VariableSpread['groups'][number] & { name: string }

function Told({ group, spread }: { group: Group | undefined; spread: number }) {
  const t = useTexts().datasets
  const format = useFormat()
  if (group === undefined) return <p className="muted told">{t.pointAt}</p>
  const number = (level: number) => format.among(quantile(group, level), spread)
  return (
    <p className="told">
      <strong>{group.name}</strong>{' '}
      {t.told(number(0.5), `${number(0.25)} … ${number(0.75)}`, `${number(0.05)} … ${number(0.95)}`)}
    </p>
  )
}

function Table({ groups, spread }: { groups: Group[]; spread: number }) {
  const t = useTexts().datasets
  const format = useFormat()
  return (
    <details>
      <summary>{t.numbers}</summary>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls, so the keyboard must reach it */}
      <div className="scroll-x tall" tabIndex={0} role="region" aria-label={t.numbers}>
        <table>
          <thead>
            <tr>
              <th>{t.groupHead}</th>
              <th className="number">{t.count}</th>
              <th className="number">{t.mean}</th>
              <th className="number">{t.deviation}</th>
              {LEVELS.map((level) => (
                <th key={level} className="number">
                  {format.percent(level, 0)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {groups.map((group) => (
              <tr key={group.group}>
                <td>{group.name}</td>
                <td className="number">{format.whole(group.n)}</td>
                <td className="number">{format.among(group.mean, spread)}</td>
                <td className="number">{format.among(group.std, spread)}</td>
                {LEVELS.map((level) => (
                  <td key={level} className="number">
                    {format.among(quantile(group, level), spread)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  )
}

interface FilesProps {
  variable: VariableSpread
  by: By
  drawing: { current: SVGSVGElement | null }
  address: string
  picture: StoredPlot | undefined
}

function Files({ variable, by, drawing, address, picture }: FilesProps) {
  const t = useTexts().datasets
  const tell = useTellError()
  const { surface } = useColours()
  const name = by === 'all' ? variable.name : `${variable.name}_by_${by}`
  const take = (made: () => Promise<void> | void) => {
    Promise.resolve(made()).catch(tell)
  }
  const withDrawing = (use: (svg: SVGSVGElement) => Promise<void> | void) => () =>
    take(() => (drawing.current ? use(drawing.current) : undefined))
  return (
    <Menu
      trigger={
        <Button small icon kind="quiet" aria-label={t.files(variable.name)}>
          <Download size={16} aria-hidden />
        </Button>
      }
    >
      <MenuItem onSelect={withDrawing((svg) => saveAs(svgFile(svg, surface), `${name}.svg`))}>{t.svg}</MenuItem>
      <MenuItem onSelect={withDrawing(async (svg) => saveAs(await pngFile(svg, surface), `${name}.png`))}>
        {t.png}
      </MenuItem>
      <MenuItem
        onSelect={() =>
          take(() => download(`${address}&form=csv&variable=${encodeURIComponent(variable.name)}`, `${name}.csv`))
        }
      >
        {t.csv}
      </MenuItem>
      {picture ? (
        <MenuItem onSelect={() => take(() => saveAs(pngOf(picture.data), `${variable.name}_all.png`))}>
          {t.serverPng}
        </MenuItem>
      ) : null}
    </Menu>
  )
}

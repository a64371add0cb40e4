/** One variable: its violins, the quantiles of the one that is pointed at, the numbers as a table, files to take away. */
import { Download } from 'lucide-react'
import { useRef, useState } from 'react'
import { download, saveAs } from '@/api/client'
import type { Distributions, StoredPlot, VariableSpread } from '@/api/schema'
import { useColours } from '@/charts/colours'
import { pngFile, pngOf, svgFile } from '@/charts/pictureFiles'
import { quantile } from '@/charts/violin'
import { Violins } from '@/charts/Violins'
import { useFormat, useTexts } from '@/i18n'
import { Button } from '@/ui/Button'
import { Card } from '@/ui/Card'
import { Menu, MenuItem } from '@/ui/Menu'
import { useToast } from '@/ui/Toasts'

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
  const groups = variable.groups.map((group) => ({ ...group, name: t.group(by, group.group) }))
  return (
    <Card
      title={variable.name}
      actions={
        <>
          <span className="chip">{t.roles[variable.role]}</span>
          <Files variable={variable} drawing={drawing} address={address} picture={picture} />
        </>
      }
    >
      <Violins
        title={t.violinsOf(variable.name)}
        groups={groups}
        colour={colour}
        active={active}
        onActive={setActive}
        drawing={drawing}
      />
      <Told group={groups[active ?? -1] ?? (groups.length === 1 ? groups[0] : undefined)} />
      <Table groups={groups} />
    </Card>
  )
}

type Group = VariableSpread['groups'][number] & { name: string }

function Told({ group }: { group: Group | undefined }) {
  const t = useTexts().datasets
  const format = useFormat()
  if (group === undefined) return <p className="muted told">{t.pointAt}</p>
  return (
    <p className="told">
      <strong>{group.name}</strong>{' '}
      {t.told(
        format.number(quantile(group, 0.5)),
        `${format.number(quantile(group, 0.25))} … ${format.number(quantile(group, 0.75))}`,
        `${format.number(quantile(group, 0.05))} … ${format.number(quantile(group, 0.95))}`,
      )}
    </p>
  )
}

function Table({ groups }: { groups: Group[] }) {
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
                <td className="number">{format.number(group.mean)}</td>
                <td className="number">{format.number(group.std)}</td>
                {LEVELS.map((level) => (
                  <td key={level} className="number">
                    {format.number(quantile(group, level))}
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
  drawing: { current: SVGSVGElement | null }
  address: string
  picture: StoredPlot | undefined
}

function Files({ variable, drawing, address, picture }: FilesProps) {
  const t = useTexts().datasets
  const toast = useToast()
  const { surface } = useColours()
  const take = (made: () => Promise<void> | void) => {
    Promise.resolve(made()).catch((error: unknown) =>
      toast({ text: error instanceof Error ? error.message : String(error), bad: true }),
    )
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
      <MenuItem onSelect={withDrawing((svg) => saveAs(svgFile(svg, surface), `${variable.name}.svg`))}>
        {t.svg}
      </MenuItem>
      <MenuItem onSelect={withDrawing(async (svg) => saveAs(await pngFile(svg, surface), `${variable.name}.png`))}>
        {t.png}
      </MenuItem>
      <MenuItem
        onSelect={() =>
          take(() =>
            download(`${address}&form=csv&variable=${encodeURIComponent(variable.name)}`, `${variable.name}.csv`),
          )
        }
      >
        {t.csv}
      </MenuItem>
      {picture ? (
        <MenuItem onSelect={() => take(() => saveAs(pngOf(picture.data), `${variable.name}_server.png`))}>
          {t.serverPng}
        </MenuItem>
      ) : null}
    </Menu>
  )
}

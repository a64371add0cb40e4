/** Violins beside each other, drawn from numbers: outline, middle half and median; what is pointed at is told by the view. */
import type { Ref } from 'react'
import { useFormat } from '@/i18n'
import { useColours } from './colours'
import { useWidth } from './useWidth'
import { axisTicks, outline, quantile, span, type Shape } from './violin'

const LEFT = 54
const TOP = 8
const BOTTOM = 22

interface Props {
  title: string
  groups: (Shape & { name: string })[]
  colour: string
  height?: number
  /** The group that is pointed at. */
  active: number | null
  onActive: (group: number | null) => void
  drawing?: Ref<SVGSVGElement>
}

export function Violins({ title, groups, colour, height = 220, active, onActive, drawing }: Props) {
  const { place, width } = useWidth(300)
  const colours = useColours()
  const format = useFormat()
  const { low, high } = span(groups)
  const y = (value: number) => TOP + ((high - value) / (high - low)) * (height - TOP - BOTTOM)
  const slot = Math.max(width - LEFT, 1) / groups.length
  const every = Math.max(1, Math.ceil(26 / slot))
  return (
    <div ref={place} className="violins">
      <svg
        ref={drawing}
        width={width}
        height={height}
        role="img"
        aria-label={title}
        fontSize={11}
        onPointerMove={(event) => {
          const box = event.currentTarget.getBoundingClientRect()
          const group = Math.floor((event.clientX - box.left - LEFT) / slot)
          onActive(group >= 0 && group < groups.length ? group : null)
        }}
        onPointerLeave={() => onActive(null)}
      >
        {axisTicks(low, high).map((value) => (
          <g key={value}>
            <line x1={LEFT} x2={width} y1={y(value)} y2={y(value)} stroke={colours.grid} />
            <text x={LEFT - 6} y={y(value) + 4} textAnchor="end" fill={colours.muted}>
              {format.number(value)}
            </text>
          </g>
        ))}
        {groups.map((group, index) => {
          const middle = LEFT + slot * (index + 0.5)
          return (
            <g key={group.name}>
              {index === active ? (
                <rect x={middle - slot / 2} y={0} width={slot} height={height} fill={colours.grid} opacity={0.7} />
              ) : null}
              <Violin shape={group} middle={middle} halfWidth={Math.min(slot * 0.44, 70)} y={y} colour={colour} />
              {index % every === 0 ? (
                <text x={middle} y={height - 6} textAnchor="middle" fill={colours.muted}>
                  {group.name}
                </text>
              ) : null}
            </g>
          )
        })}
      </svg>
    </div>
  )
}

interface ViolinProps {
  shape: Shape
  middle: number
  halfWidth: number
  y: (value: number) => number
  colour: string
}

function Violin({ shape, middle, halfWidth, y, colour }: ViolinProps) {
  const colours = useColours()
  const [lower, median, upper] = [0.25, 0.5, 0.75].map((level) => quantile(shape, level))
  if (median === null || median === undefined) return null
  const drawn = outline(shape, middle, halfWidth, y)
  if (drawn === null)
    return (
      <line
        x1={middle - halfWidth}
        x2={middle + halfWidth}
        y1={y(median)}
        y2={y(median)}
        stroke={colour}
        strokeWidth={2}
      />
    )
  return (
    <>
      <path d={drawn} fill={colour} fillOpacity={0.45} stroke={colour} />
      <line
        x1={middle}
        x2={middle}
        y1={y(lower ?? median)}
        y2={y(upper ?? median)}
        stroke={colours.text}
        strokeWidth={Math.max(2, Math.min(5, halfWidth / 4))}
      />
      <circle cx={middle} cy={y(median)} r={2.4} fill={colours.surface} stroke={colours.text} />
    </>
  )
}

/** Loss over the epochs with the line that has to be beaten, other metrics, and the error by hour of the horizon. */
import { useMemo, useState } from 'react'
import type { CurveColumns } from '@/api/schema'
import { useColours } from '@/charts/colours'
import { LineChart, type Line } from '@/charts/LineChart'
import { useFormat, useTexts } from '@/i18n'
import { aligned, belowBaseline } from './curves'
import type { Baseline, Horizon } from './replay'

interface Props {
  curves: Record<string, CurveColumns>
  baseline: Baseline | null
  /** Whether more is to come. */
  working: boolean
  /** Whether the job counts in epochs. */
  hasEpochs: boolean
  syncKey: string
}

export function LossCurves({ curves, baseline, working, hasEpochs, syncKey }: Props) {
  const t = useTexts().live
  const format = useFormat()
  const colours = useColours()
  const [logarithmic, setLogarithmic] = useState(false)
  const { x, columns } = useMemo(
    () => aligned({ loss: curves.loss, val_loss: curves.val_loss }),
    [curves.loss, curves.val_loss],
  )
  const lines = useMemo<Line[]>(() => {
    const found: Line[] = []
    const points = x.length < 12
    if (columns.loss) found.push({ label: t.trainLoss, values: columns.loss, colour: colours.series(2), points })
    if (columns.val_loss)
      found.push({ label: t.valLoss, values: columns.val_loss, colour: colours.series(0), width: 2.2, points })
    if (baseline)
      found.push({
        label: t.baseline(baseline.name),
        values: x.map(() => baseline.loss),
        colour: colours.baseline,
        dash: [8, 4],
        width: 2,
      })
    return found
  }, [x, columns, baseline, colours, t])
  if (x.length === 0)
    return (
      <div className="stack">
        <p className="muted">{hasEpochs && working ? t.noCurvesYet : t.noCurves}</p>
        {baseline ? (
          <p>
            {t.baseline(baseline.name)} <strong>{format.number(baseline.loss)}</strong>
          </p>
        ) : null}
      </div>
    )
  const share = baseline === null ? null : belowBaseline(columns.val_loss ?? columns.loss ?? [], baseline.loss)
  return (
    <div className="stack">
      <LineChart
        title={t.curves}
        x={x}
        counts
        lines={lines}
        height={230}
        xLabel={t.epoch}
        logarithmic={logarithmic}
        syncKey={syncKey}
      />
      <div className="row spread">
        <p className={share !== null && share > 0 ? 'good' : 'muted'}>
          {baseline === null
            ? t.noBaseline
            : share !== null && share > 0
              ? t.baselineBeaten(format.percent(share, 0))
              : t.baselineHolds}
        </p>
        <label className="row">
          <input type="checkbox" checked={logarithmic} onChange={(event) => setLogarithmic(event.target.checked)} />
          {t.logarithmic}
        </label>
      </div>
    </div>
  )
}

/** Any other metric, one at a time. */
export function OtherCurve({ curves }: { curves: Record<string, CurveColumns> }) {
  const t = useTexts().live
  const names = Object.keys(curves).filter((name) => name !== 'loss' && name !== 'val_loss')
  const [chosen, setChosen] = useState<string | null>(null)
  const name = chosen !== null && names.includes(chosen) ? chosen : names[0]
  const curve = name === undefined ? undefined : curves[name]
  const { x, columns } = useMemo(() => aligned({ shown: curve }), [curve])
  const lines = useMemo<Line[]>(
    () => (columns.shown && name !== undefined ? [{ label: name, values: columns.shown, points: x.length < 12 }] : []),
    [columns, name, x],
  )
  if (name === undefined) return null
  return (
    <details>
      <summary>{t.other}</summary>
      <div className="stack">
        <label className="row">
          {t.metric}
          <select value={name} onChange={(event) => setChosen(event.target.value)}>
            {names.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
        <LineChart title={name} x={x} counts lines={lines} height={180} xLabel={t.epoch} />
      </div>
    </details>
  )
}

export function HorizonChart({ horizon }: { horizon: Horizon }) {
  const t = useTexts().live
  const colours = useColours()
  const names = Object.keys(horizon.outputs)
  const [chosen, setChosen] = useState(names[0])
  const output = chosen === undefined ? undefined : horizon.outputs[chosen]
  const hours = useMemo(() => (output?.lead_minutes ?? []).map((minutes) => minutes / 60), [output])
  const lines = useMemo<Line[]>(() => {
    if (output === undefined) return []
    const found: Line[] = [{ label: t.model, values: output.model, colour: colours.series(0), width: 2.2 }]
    if (output.baseline && horizon.baseline)
      found.push({
        label: t.baseline(horizon.baseline),
        values: output.baseline,
        colour: colours.baseline,
        dash: [8, 4],
        width: 2,
      })
    return found
  }, [output, horizon.baseline, colours, t])
  return (
    <div className="stack">
      {names.length > 1 ? (
        <select aria-label={t.model} value={chosen} onChange={(event) => setChosen(event.target.value)}>
          {names.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      ) : null}
      <LineChart title={t.horizon} x={hours} lines={lines} height={190} xLabel={t.leadHours} />
      <p className="muted">{t.horizonText}</p>
    </div>
  )
}

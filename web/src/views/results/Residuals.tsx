/** What the errors of one model look like: how large, along the horizon, over time, against the forecast. */
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Residuals as Found } from '@/api/schema'
import { Histogram } from '@/charts/Bars'
import { LineChart, type Line } from '@/charts/LineChart'
import { useColours } from '@/charts/colours'
import { useFormat, useTexts } from '@/i18n'
import { Loaded } from '@/ui/states'
import type { Model } from './choice'
import { Pick, useLead } from './parts'
import { residualsQuery } from './queries'

export function Residuals({ model, output }: { model: Model; output: string }) {
  const t = useTexts().results
  const format = useFormat()
  const inWords = useLead()
  const [step, setStep] = useState<number | null>(null)
  const residuals = useQuery(residualsQuery(model.job_id, output, step))
  return (
    <Loaded query={residuals} height={320}>
      {(found) => (
        <div className="stack">
          <div className="row spread">
            <p className="muted">{`${model.name}. ${t.residualsHint} ${t.residualsOf(format.whole(found.samples), format.whole(found.of_samples))}`}</p>
            <Pick
              label={t.step}
              value={String(step ?? '')}
              onChange={(value) => setStep(value === '' ? null : Number(value))}
              options={[
                ['', t.allSteps],
                ...found.lead_minutes.map((lead, index): [string, string] => [String(index + 1), inWords(lead)]),
              ]}
            />
          </div>
          <div className="grid">
            <Size found={found} />
            <AlongHorizon found={found} />
            <OverTime found={found} />
            <Against found={found} />
          </div>
        </div>
      )}
    </Loaded>
  )
}

function Size({ found }: { found: Found }) {
  const t = useTexts().results
  const format = useFormat()
  const numbers = [
    [t.mean, found.mean],
    [t.median, found.median],
    [t.deviation, found.std],
    [t.least, found.histogram.least],
    [t.greatest, found.histogram.greatest],
  ] as const
  return (
    <section className="stack">
      <h3>{t.histogram}</h3>
      <Histogram title={t.histogram} {...found.histogram} write={format.number} />
      <dl className="figures">
        {numbers.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{format.number(value)}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

/** Bands of quantiles around the median, and what else there is. */
function useBands(quantiles: Record<string, (number | null)[]>): Line[] {
  const t = useTexts().results
  const colours = useColours()
  const format = useFormat()
  const band = (level: string, fillTo?: number): Line => ({
    label: t.quantile(format.number(Number(level) * 100)),
    values: quantiles[level] ?? [],
    colour: colours.series(0),
    width: level === '0.5' ? 2 : 0.4,
    ...(fillTo === undefined ? {} : { fillTo }),
  })
  return [band('0.05'), band('0.95', 0), band('0.25'), band('0.75', 2), band('0.5')]
}

function AlongHorizon({ found }: { found: Found }) {
  const t = useTexts().results
  const bands = useBands(found.by_step.quantiles)
  const colours = useColours()
  return (
    <section>
      <h3>{t.byStep}</h3>
      <LineChart
        title={t.byStep}
        x={found.lead_minutes.map((lead) => lead / 60)}
        xLabel={`${t.lead} [h]`}
        height={220}
        lines={[...bands, { label: t.mean, values: found.by_step.mean, colour: colours.bad, dash: [4, 3] }]}
      />
    </section>
  )
}

function OverTime({ found }: { found: Found }) {
  const t = useTexts().results
  const colours = useColours()
  const inWords = useLead()
  const { values, lag_minutes, band, reason, step } = found.autocorrelation
  const level = (value: number | null) => lag_minutes.map(() => value)
  return (
    <section>
      <h3>{t.autocorrelation}</h3>
      <p className="muted">{t.autocorrelationHint(inWords(found.lead_minutes[step - 1] ?? 0))}</p>
      {reason === null ? (
        <LineChart
          title={t.autocorrelation}
          x={lag_minutes.map((lag) => lag / 60)}
          xLabel={t.lagHours}
          height={220}
          lines={[
            { label: t.autocorrelation, values, colour: colours.series(0) },
            { label: t.band, values: level(band), colour: colours.baseline, dash: [4, 3], width: 1 },
            {
              label: `−${t.band}`,
              values: level(band === null ? null : -band),
              colour: colours.baseline,
              dash: [4, 3],
              width: 1,
            },
          ]}
        />
      ) : (
        <p>{reason}</p>
      )}
    </section>
  )
}

function Against({ found }: { found: Found }) {
  const t = useTexts().results
  const colours = useColours()
  const { forecast, residual } = found.against_forecast
  const order = forecast.map((_, index) => index).sort((one, other) => (forecast[one] ?? 0) - (forecast[other] ?? 0))
  return (
    <section>
      <h3>{t.against}</h3>
      <LineChart
        title={t.against}
        x={order.map((index) => forecast[index] ?? 0)}
        xLabel={t.forecast}
        height={240}
        lines={[
          {
            label: t.errors,
            values: order.map((index) => residual[index] ?? null),
            colour: colours.series(0),
            width: 0,
            points: true,
          },
        ]}
      />
    </section>
  )
}

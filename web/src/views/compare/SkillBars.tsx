/** One bar per session: how far its best model is ahead of its best baseline, or behind it. */
import { useFormat, useTexts } from '@/i18n'
import './compare.css'

interface Bar {
  name: string
  mode: string
  skill: number | null
}

export function SkillBars({ bars }: { bars: Bar[] }) {
  const t = useTexts().sessions
  const format = useFormat()
  const widest = Math.max(0.05, ...bars.map((bar) => Math.abs(bar.skill ?? 0)))
  return (
    <figure className="card skill-bars" aria-label={t.skillPicture}>
      <figcaption className="muted">{t.skillPicture}</figcaption>
      {bars.map((bar) => (
        <div key={`${bar.name} ${bar.mode}`} className="skill-bar">
          <span>{bar.name}</span>
          <div>
            <div
              className={(bar.skill ?? 0) >= 0 ? 'ahead' : 'behind'}
              style={{ width: `${(Math.abs(bar.skill ?? 0) / widest) * 50}%` }}
            />
          </div>
          <span>{`${bar.mode} ${format.percent(bar.skill)}`}</span>
        </div>
      ))}
      <p className="muted">{t.skillHint}</p>
    </figure>
  )
}

/** The page's colours as charts need them: read from the style sheet, again when the theme changes. */
import { useSyncExternalStore } from 'react'

export const SERIES_COLOURS = 8

export interface Colours {
  text: string
  muted: string
  grid: string
  surface: string
  accent: string
  baseline: string
  good: string
  warn: string
  bad: string
  /** Of the n-th series, from 0; they repeat after eight. */
  series: (index: number) => string
}

let known: { theme: string; colours: Colours } | null = null

function read(): Colours {
  const theme = document.documentElement.dataset.theme ?? 'light'
  if (known?.theme === theme) return known.colours
  const style = getComputedStyle(document.documentElement)
  const of = (name: string) => style.getPropertyValue(`--${name}`).trim() || '#888'
  const series = Array.from({ length: SERIES_COLOURS }, (_, index) => of(`series-${index + 1}`))
  const colours: Colours = {
    text: of('text'),
    muted: of('muted'),
    grid: of('grid'),
    surface: of('surface'),
    accent: of('accent'),
    baseline: of('baseline'),
    good: of('good'),
    warn: of('warn'),
    bad: of('bad'),
    series: (index) => series[index % SERIES_COLOURS] ?? '#888',
  }
  known = { theme, colours }
  return colours
}

function watch(changed: () => void): () => void {
  const observer = new MutationObserver(changed)
  observer.observe(document.documentElement, { attributeFilter: ['data-theme'] })
  return () => observer.disconnect()
}

export function useColours(): Colours {
  return useSyncExternalStore(watch, read)
}

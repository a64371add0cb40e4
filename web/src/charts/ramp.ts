/** Numbers as colours: one ramp from little to much, one from bad over neutral to good; text on them stays readable. */

type Rgb = [number, number, number]

// Viridis, thinned: even steps of lightness, told apart by colour-blind eyes.
const SEQUENTIAL: Rgb[] = [
  [68, 1, 84],
  [59, 82, 139],
  [33, 145, 140],
  [94, 201, 98],
  [253, 231, 37],
]
// Vermilion over grey to blue.
const DIVERGING: Rgb[] = [
  [190, 70, 30],
  [232, 160, 120],
  [225, 225, 222],
  [120, 170, 205],
  [25, 100, 160],
]

/** `share` from 0 (little) to 1 (much). */
export function sequential(share: number): Rgb {
  return at(SEQUENTIAL, share)
}

/** `share` from -1 (bad) over 0 to 1 (good). */
export function diverging(share: number): Rgb {
  return at(DIVERGING, (share + 1) / 2)
}

export function css([red, green, blue]: Rgb): string {
  return `rgb(${red} ${green} ${blue})`
}

/** Black or white, whichever can be read on the colour. */
export function inkOn([red, green, blue]: Rgb): string {
  const linear = [red, green, blue].map((channel) => {
    const share = channel / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  }) as Rgb
  const luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
  return luminance > 0.179 ? '#000' : '#fff'
}

/** The ramp as a CSS gradient, for legends. */
export function gradient(kind: 'sequential' | 'diverging'): string {
  const stops = kind === 'sequential' ? SEQUENTIAL : DIVERGING
  return `linear-gradient(90deg, ${stops.map(css).join(', ')})`
}

function at(stops: Rgb[], share: number): Rgb {
  const place = Math.min(Math.max(share, 0), 1) * (stops.length - 1)
  const index = Math.min(Math.floor(place), stops.length - 2)
  const [low, high] = [stops[index] as Rgb, stops[index + 1] as Rgb]
  return [0, 1, 2].map((channel) =>
    Math.round((low[channel] as number) + ((high[channel] as number) - (low[channel] as number)) * (place - index)),
  ) as Rgb
}

/** How numbers, times, durations and sizes are written; what is not there is a dash. */

const NOTHING = '–'
type Maybe<T> = T | null | undefined

export interface Formats {
  /** At most so many significant digits (4), grouped. */
  number: (value: Maybe<number>, digits?: number) => string
  /** One of several numbers that spread over `scale`: what is far below that is written as 0 and not as -9e-15. */
  among: (value: Maybe<number>, scale: number, digits?: number) => string
  whole: (value: Maybe<number>) => string
  /** Of a share: 0.25 is 25 %. */
  percent: (share: Maybe<number>, digits?: number) => string
  /** Date and time on this browser's clock. */
  time: (iso: Maybe<string | number | Date>) => string
  date: (iso: Maybe<string | number | Date>) => string
  /** "3 minutes ago". */
  ago: (iso: Maybe<string>) => string
  /** Seconds as "1 h 04 min", "12 s". */
  duration: (seconds: Maybe<number>) => string
  bytes: (bytes: Maybe<number>) => string
}

const MOST_DECIMALS = 12
/** From a thousand percent on, tenths of one say nothing. */
const MANY = 10
const UNITS = ['B', 'KB', 'MB', 'GB', 'TB']
const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
]

export function formats(language: string): Formats {
  const locale = language === 'en' ? 'en-GB' : language
  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 })
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
  const time = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' })
  const date = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' })
  const number = (value: Maybe<number>, digits = 4) =>
    shown(value, (it) => it.toLocaleString(locale, { maximumSignificantDigits: digits }))
  const among = (value: Maybe<number>, scale: number, digits = 4) => {
    const decimals = digits - 1 - Math.floor(Math.log10(scale))
    if (!(scale > 0) || !Number.isFinite(decimals) || decimals > MOST_DECIMALS) return number(value, digits)
    const rounded = (it: number) => Math.round(it * 10 ** decimals) / 10 ** decimals || 0 // and no -0
    return shown(value, (it) => rounded(it).toLocaleString(locale, { maximumFractionDigits: Math.max(0, decimals) }))
  }
  const asDate = (given: Maybe<string | number | Date>, how: Intl.DateTimeFormat) =>
    given === null || given === undefined ? NOTHING : how.format(new Date(given))
  return {
    number,
    among,
    whole: (value) => shown(value, (it) => whole.format(it)),
    percent: (share, digits = 1) =>
      shown(share, (it) =>
        it.toLocaleString(locale, { style: 'percent', maximumFractionDigits: Math.abs(it) < MANY ? digits : 0 }),
      ),
    time: (given) => asDate(given, time),
    date: (given) => asDate(given, date),
    ago: (iso) => {
      if (!iso) return NOTHING
      const seconds = (Date.parse(iso) - Date.now()) / 1000
      const [unit, length] = STEPS.find(([, size]) => Math.abs(seconds) >= size) ?? ['second', 1]
      return relative.format(Math.round(seconds / length), unit)
    },
    duration: (seconds) =>
      shown(seconds, (it) => (it >= 1 && it < 10 ? `${number(Math.round(it * 10) / 10)} s` : duration(it))),
    bytes: (bytes) =>
      shown(bytes, (it) => {
        const power = it < 1 ? 0 : Math.min(Math.floor(Math.log10(it) / 3), UNITS.length - 1)
        return `${number(it / 1000 ** power, 3)} ${UNITS[power] ?? ''}`
      }),
  }
}

function shown(value: Maybe<number>, write: (value: number) => string): string {
  return value === null || value === undefined || !Number.isFinite(value) ? NOTHING : write(value)
}

function duration(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`
  if (seconds < 60) return `${Math.round(seconds)} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`
}

/** Dates on time axes as the page's language writes them: 24 hours, the day before the month, names of months in the language. */
import uPlot, { type Axis } from 'uplot'

const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** From steps of so many seconds on: what every tick says, and what it says beside where the year or the day changes. */
export const TIME_VALUES: Axis.Values = [
  [365 * DAY, '{YYYY}', null, null, null, null, null, null, 1],
  [28 * DAY, '{MMM}', '\n{YYYY}', null, null, null, null, null, 1],
  [DAY, '{D}. {MMM}', '\n{YYYY}', null, null, null, null, null, 1],
  [HOUR, '{HH}:00', '\n{D}. {MMM}', null, '\n{D}. {MMM}', null, null, null, 1],
  [MINUTE, '{HH}:{mm}', '\n{D}. {MMM}', null, '\n{D}. {MMM}', null, null, null, 1],
  [1, '{HH}:{mm}:{ss}', '\n{D}. {MMM}', null, '\n{D}. {MMM}', null, null, null, 1],
]

/** Writes uPlot's templates with the names of the language; English has no dot behind the day. */
export function dateWriter(language: string): (template: string) => (date: Date) => string {
  const named = (options: Intl.DateTimeFormatOptions, at: (index: number) => number, count: number) => {
    const format = new Intl.DateTimeFormat(language, { ...options, timeZone: 'UTC' })
    return Array.from({ length: count }, (_, index) => format.format(at(index)))
  }
  const month = (index: number) => Date.UTC(2024, index, 1)
  const weekday = (index: number) => Date.UTC(2024, 0, 7 + index) // a Sunday
  const names = {
    MMMM: named({ month: 'long' }, month, 12),
    MMM: named({ month: 'short' }, month, 12),
    WWWW: named({ weekday: 'long' }, weekday, 7),
    WWW: named({ weekday: 'short' }, weekday, 7),
  }
  const dotted = !language.startsWith('en')
  return (template) => uPlot.fmtDate(dotted ? template : template.replace('{D}. ', '{D} '), names)
}

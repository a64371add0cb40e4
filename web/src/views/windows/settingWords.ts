/** What is wrong with a setting, in the words of its field and the page's language; else as the server says it. */
import type { SettingError } from '@/api/schema'
import type { Texts } from '@/i18n'

type Words = Texts['windows']['wrong']
type Rule = readonly [RegExp, (words: Words, said: readonly string[]) => string]

const RULES: readonly Rule[] = [
  [/zeithorizontStart \((\S+)\) .*after zeithorizontEnd \((\S+)\)/, (t, [, from = '', to = '']) => t.order(from, to)],
  [/skalierungMin \((\S+)\) must be below skalierungMax \((\S+)\)/, (t, [, low = '', high = '']) => t.scale(low, high)],
  [/must be a whole number from (\S+) to (\S+),/, (t, [, low = '', high = '']) => t.whole(low, high)],
  [/must be (a number|finite)/, (t) => t.number],
  [/cannot be empty$/, (t) => t.empty],
  [/must lie within (\d+) hours/, (t, [, hours = '']) => t.hours(hours)],
  [/must lie within (\d+) minutes/, (t, [, minutes = '']) => t.minutes(minutes)],
  [/must be above 0 and at most (\d+) minutes/, (t, [, minutes = '']) => t.stride(minutes)],
  [/must be an IANA name/, (t) => t.zone],
  [/must be a list of durations/, (t) => t.lags],
]

export function inWords(error: SettingError, words: Words): SettingError {
  for (const [pattern, write] of RULES) {
    const said = pattern.exec(error.message)
    if (said !== null) return { ...error, message: write(words, said), suggestion: null }
  }
  return error
}

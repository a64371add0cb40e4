/** Axes are written in the reader's language, not in that of the library. */
import { expect, it } from 'vitest'
import { dateWriter, TIME_VALUES } from './timeAxis'

const EVENING = new Date(2024, 4, 3, 21, 30)

it('writes months by their German names and hours up to 24', () => {
  expect(dateWriter('de')('{D}. {MMM} {HH}:{mm}')(EVENING)).toBe('3. Mai 21:30')
  expect(dateWriter('en-GB')('{D}. {MMMM}')(EVENING)).toBe('3 May')
})

it('has a form for every size of step, the largest first', () => {
  const steps = (TIME_VALUES as [number, ...unknown[]][]).map(([step]) => step)
  expect(steps).toEqual([...steps].sort((one, other) => other - one))
  expect(steps.at(-1)).toBe(1)
})

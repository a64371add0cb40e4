/** What values come to, one after the other: the least, or the mean; null before the first. */
export function soFar(values: readonly (number | null)[], what: 'least' | 'mean'): (number | null)[] {
  let [count, sum, least] = [0, 0, Infinity]
  return values.map((value) => {
    if (value !== null) [count, sum, least] = [count + 1, sum + value, Math.min(least, value)]
    return count === 0 ? null : what === 'least' ? least : sum / count
  })
}

/** Why a group of trainings stands apart from the first one, in the page's language. */
import type { LeaderboardGroup } from '@/api/schema'
import { useFormat, useTexts } from '@/i18n'

export function useReason(first: LeaderboardGroup | undefined): (group: LeaderboardGroup) => string {
  const t = useTexts().results
  const format = useFormat()
  return (group) => {
    if (first === undefined) return group.reason ?? ''
    const [names, others] = [group.outputs.join(', '), first.outputs.join(', ')]
    if (names !== others) return t.otherOutputs(names, others)
    if (group.steps !== first.steps) return t.otherSteps(format.whole(group.steps), format.whole(first.steps))
    const [mine, theirs] = [group.test_samples, first.test_samples]
    if (mine.hash === null || theirs.hash === null) return t.olderTraining
    if (mine.count !== theirs.count || mine.first !== theirs.first || mine.last !== theirs.last)
      return t.otherSamples(format.whole(mine.count), format.time(mine.first), format.time(mine.last))
    return t.otherTruth
  }
}

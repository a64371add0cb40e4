/** Asks the server whether a config would do, a moment after it was last changed. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { api, ApiError, call } from '@/api/client'
import { useTexts, type Texts } from '@/i18n'
import type { Field, Values } from './schema'

const PAUSE_MS = 350

export interface Check {
  /** Of what is shown now: not of something that was changed since. */
  state: 'valid' | 'refused' | 'checking'
  problems: ReadonlyMap<string, string>
  /** What is wrong with no field in particular, in the server's words. */
  refusal: ApiError | null
}

type ProblemTexts = Texts['train']['problems']

const NONE: ReadonlyMap<string, string> = new Map()

export function useCheck(workload: string, config: Values, sessionId: string | null): Check {
  const settled = useSettled(JSON.stringify(config))
  const query = useQuery({
    queryKey: ['validate', workload, sessionId, settled],
    queryFn: async () => {
      try {
        await call(
          api.POST('/api/v1/workloads/{workload}/validate', {
            params: { path: { workload } },
            body: {
              config: JSON.parse(settled) as Values,
              ...(sessionId === null ? {} : { session_id: sessionId }),
            },
          }),
        )
        return null
      } catch (error) {
        if (error instanceof ApiError && error.status > 0 && error.status < 500) return error
        throw error
      }
    },
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  })
  const isOld = settled !== JSON.stringify(config) || query.isPlaceholderData || query.data === undefined
  const refusal = query.data ?? null
  const t = useTexts().train.problems
  const problems = refusal === null ? NONE : problemsOf(refusal, t)
  return {
    state: isOld ? 'checking' : refusal === null ? 'valid' : 'refused',
    problems,
    refusal,
  }
}

/** By field, as the form names them. */
export function problemsOf(error: ApiError, words: ProblemTexts): ReadonlyMap<string, string> {
  const listed = Array.isArray(error.details.errors) ? (error.details.errors as unknown[]) : []
  const found = new Map<string, string>()
  for (const each of listed) {
    const { field, message, bounds } = (each ?? {}) as { field?: unknown; message?: unknown; bounds?: unknown }
    if (typeof field !== 'string' || typeof message !== 'string') continue
    found.set(field.replace(/^config\./, ''), inWords(message, bounds, words))
  }
  return found
}

/** What would be right, where it is a matter of numbers; else in the server's words. */
function inWords(message: string, bounds: unknown, words: ProblemTexts): string {
  const { ge, gt, le, lt } = (bounds ?? {}) as Partial<Record<'ge' | 'gt' | 'le' | 'lt', string>>
  if (ge !== undefined) return words.atLeast(ge)
  if (gt !== undefined) return words.above(gt)
  if (le !== undefined) return words.atMost(le)
  if (lt !== undefined) return words.below(lt)
  if (message.endsWith('valid integer')) return words.whole
  if (message.endsWith('valid number')) return words.number
  if (message.endsWith('must add up to 100')) return words.addUp
  if (message.endsWith(' is missing')) return words.missing
  return message
}

/** Beside the field that shows it, or the one around it; what no field shows is told for all. */
export function placed(
  problems: ReadonlyMap<string, string>,
  fields: readonly Field[],
): { beside: ReadonlyMap<string, string>; complete: boolean } {
  const beside = new Map<string, string>()
  let complete = true
  for (const [path, text] of problems) {
    const around = shownPath(path.split('.'), fields)
    if (around.length === 0) complete = false
    else {
      const place = around.join('.')
      const inside = path.slice(place.length + 1)
      const told = inside === '' ? text : `${inside}: ${text}`
      beside.set(place, [beside.get(place), told].filter(Boolean).join(' '))
    }
  }
  return { beside, complete }
}

function shownPath(path: readonly string[], fields: readonly Field[]): string[] {
  const [name, ...rest] = path
  const field = fields.find((each) => each.name === name)
  return field === undefined ? [] : [field.name, ...shownPath(rest, field.fields)]
}

function useSettled(text: string): string {
  const [settled, setSettled] = useState(text)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [text])
  return settled
}

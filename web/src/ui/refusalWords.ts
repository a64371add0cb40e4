/** A refusal in the language of the page; in the server's words where the page has none. */
import { ApiError } from '@/api/client'
import { useTexts } from '@/i18n'
import type { RefusalWords } from '@/i18n/en/refusals'
import { useToast } from './Toasts'

export function useRefusalWords(): (error: unknown) => RefusalWords {
  const { refusal: words, previewNote } = useTexts()
  return (error) =>
    error instanceof ApiError
      ? (words(error.code, error.details) ?? previewNote(error.code, error.details) ?? error)
      : { message: error instanceof Error ? error.message : String(error), suggestion: null }
}

/** For what was asked by a button: a short message at the edge. */
export function useTellError(): (error: unknown) => void {
  const words = useRefusalWords()
  const toast = useToast()
  return (error) => {
    const { message, suggestion } = words(error)
    toast({ text: suggestion === null ? message : `${sentence(message)} ${suggestion}`, bad: true })
  }
}

/** What stands beside the field that was refused: what is wrong and what would be right; null where another was. */
export function useProblemOf(error: unknown): (field: string) => string | null {
  const words = useRefusalWords()
  return (field) => {
    if (!(error instanceof ApiError) || error.field !== field) return null
    const { message, suggestion } = words(error)
    return suggestion === null ? sentence(message) : `${sentence(message)} ${suggestion}`
  }
}

function sentence(message: string): string {
  const begun = message.charAt(0).toUpperCase() + message.slice(1) // the server begins with the name of a field
  return /[.!?…]$/.test(begun) ? begun : `${begun}.`
}

/** What the server asks or finds wrong, in the language of the page; in the server's words where it has none. */
import type { PreviewNote } from '@/api/schema'
import { useTexts } from '@/i18n'
import type { NoteWords } from '@/i18n/en/previewNotes'

export function useNoteWords(): (note: PreviewNote) => NoteWords {
  const words = useTexts().previewNote
  return (note) => words(note.code, note.details) ?? note
}

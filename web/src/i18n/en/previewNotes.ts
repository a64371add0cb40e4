/** Questions and problems of a preview: in English as the server says them. */

export type NoteDetails = Readonly<Record<string, unknown>>

export interface NoteWords {
  message: string
  suggestion: string | null
}

/** By code and particulars; null: as the server says it. */
export type NoteText = (code: string, told: NoteDetails) => NoteWords | null

export const previewNote: NoteText = () => null

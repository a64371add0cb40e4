/** What the server refuses, by code, where its own words are not these; they are English already. */
export interface RefusalWords {
  message: string
  suggestion: string | null
}

export type RefusalDetails = Readonly<Record<string, unknown>>

export function refusal(code: string, details: RefusalDetails): RefusalWords | null
export function refusal(): RefusalWords | null {
  return null
}

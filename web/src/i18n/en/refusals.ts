/** What the server refuses, by code, where its own words are not these; they are English already. */
export interface RefusalWords {
  message: string
  suggestion: string | null
}

export type RefusalDetails = Readonly<Record<string, unknown>>

const WORDS: Readonly<Record<string, RefusalWords>> = {
  WRONG_CREDENTIALS: {
    message: 'E-mail or password is wrong.',
    suggestion: 'Is Caps Lock on? If you have no account yet, create one.',
  },
}

export function refusal(code: string, details: RefusalDetails): RefusalWords | null
export function refusal(code: string): RefusalWords | null {
  return WORDS[code] ?? null
}

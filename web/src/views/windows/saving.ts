/** Saving in several requests, one after the other; where one fails it is known what is saved and what is not. */

export interface SavePart {
  /** A file's id, or the name of a setting. */
  what: string
  send: () => Promise<unknown>
}

export class SaveStopped extends Error {
  constructor(
    readonly saved: string[],
    readonly left: string[],
    override readonly cause: unknown,
  ) {
    super(cause instanceof Error ? cause.message : String(cause))
  }
}

/** What was saved; SaveStopped at the first that fails. */
export async function inTurn(parts: readonly SavePart[]): Promise<string[]> {
  const names = parts.map(({ what }) => what)
  for (const [place, part] of parts.entries()) {
    try {
      await part.send()
    } catch (cause) {
      throw new SaveStopped(names.slice(0, place), names.slice(place), cause)
    }
  }
  return names
}

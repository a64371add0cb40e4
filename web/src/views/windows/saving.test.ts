import { describe, expect, it } from 'vitest'
import { inTurn, SaveStopped } from './saving'

describe('saving in several requests', () => {
  it('stops at the first that fails and knows what is saved and what is not', async () => {
    const sent: string[] = []
    const part = (what: string, fails = false) => ({
      what,
      send: () => {
        sent.push(what)
        return fails ? Promise.reject(new Error('refused')) : Promise.resolve()
      },
    })
    const stopped = await inTurn([part('a'), part('b', true), part('c')]).catch((error: unknown) => error)
    expect(stopped).toBeInstanceOf(SaveStopped)
    expect(stopped).toMatchObject({ saved: ['a'], left: ['b', 'c'], message: 'refused' })
    expect(sent).toEqual(['a', 'b'])
  })
})

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { keep, stored, type Tokens } from './tokens'

class Line {
  active = true
  connected = true
  connect = vi.fn()
  disconnect = vi.fn()
  private readonly heard = new Map<string, ((said: unknown) => void)[]>()
  on(name: string, hear: (said: unknown) => void) {
    this.heard.set(name, [...(this.heard.get(name) ?? []), hear])
  }
  say(name: string, said?: unknown) {
    this.heard.get(name)?.forEach((hear) => hear(said))
  }
}

interface Options {
  auth: (give: (auth: { token: string | null }) => void) => void
}

const made = vi.hoisted(() => ({ lines: [] as unknown[], options: [] as unknown[] }))
vi.mock('socket.io-client', () => ({
  io: (options: unknown) => {
    made.options.push(options)
    made.lines.push(new Line())
    return made.lines.at(-1)
  },
}))

const tokens = (access_token: string): Tokens => ({
  access_token,
  refresh_token: `refresh of ${access_token}`,
  expires_at: new Date(Date.now() + 3_600_000).toISOString(),
})

let asked: string[] = []
let answer: () => Response = () => Response.json(tokens('second'))

async function opened(): Promise<Line> {
  const { liveSocket } = await import('./socket')
  liveSocket()
  const options = made.options.at(-1) as Options
  await new Promise((done) => options.auth(done))
  return made.lines.at(-1) as Line
}

beforeEach(() => {
  asked = []
  answer = () => Response.json(tokens('second'))
  vi.stubGlobal('fetch', (path: string) => {
    asked.push(path)
    return Promise.resolve(answer())
  })
  keep(tokens('first'))
  vi.useFakeTimers()
})

afterEach(() => {
  keep(null)
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

test('a line that is cut because its token ran out comes back with another token', async () => {
  const line = await opened()
  line.say('connect')
  line.say('access_ended', { code: 'EXPIRED_TOKEN', error: 'The access token has expired' })
  line.say('disconnect', 'io server disconnect')
  await vi.advanceTimersByTimeAsync(400)
  expect(asked).toEqual(['/api/auth/refresh'])
  expect(line.connect).toHaveBeenCalledTimes(1)
  expect(stored()?.access_token).toBe('second')
})

test('a line whose sign-in has ended stays cut, and nobody is signed in any more', async () => {
  answer = () => Response.json({ code: 'INVALID_REFRESH_TOKEN' }, { status: 401 })
  const line = await opened()
  line.say('connect')
  line.say('access_ended', { code: 'SIGNED_OUT', error: 'This sign-in has ended' })
  line.say('disconnect', 'io server disconnect')
  await vi.advanceTimersByTimeAsync(120_000)
  expect(asked).toEqual(['/api/auth/refresh'])
  expect(line.connect).not.toHaveBeenCalled()
  expect(stored()).toBeNull()
})

test('who is refused again and again asks ever more rarely', async () => {
  const line = await opened()
  line.connect.mockImplementation(() => {
    line.active = false
    setTimeout(() => line.say('connect_error', new Error('The account is blocked')), 10)
  })
  answer = () => Response.json(tokens(`number ${String(asked.length)}`))
  line.say('connect')
  line.say('access_ended', { code: 'ACCOUNT_BLOCKED', error: 'The account is blocked' })
  line.say('disconnect', 'io server disconnect')
  await vi.advanceTimersByTimeAsync(600_000)
  expect(line.connect.mock.calls.length).toBeGreaterThan(5)
  expect(line.connect.mock.calls.length).toBeLessThan(20)
})

test('the end of access to one job leaves the line and the sign-in alone', async () => {
  const line = await opened()
  line.say('connect')
  line.say('access_ended', { code: 'JOB_NOT_FOUND', error: 'There is no job', job_id: '1' })
  line.say('disconnect', 'transport close')
  await vi.advanceTimersByTimeAsync(5_000)
  expect(asked).toEqual([])
  expect(line.connect).not.toHaveBeenCalled() // that the client does by itself
})

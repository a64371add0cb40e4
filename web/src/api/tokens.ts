/** The tokens of this browser: kept over reloads, refreshed by one tab at a time. */

export interface Tokens {
  access_token: string
  refresh_token: string
  expires_at: string
}

const KEY = 'trainyard.tokens'
const EARLY_MS = 30_000 // renewed before it ends, so that no request is refused for it
const listeners = new Set<() => void>()

export function stored(): Tokens | null {
  const text = localStorage.getItem(KEY)
  return text === null ? null : (JSON.parse(text) as Tokens)
}

export function keep(tokens: Tokens | null): void {
  if (tokens === null) localStorage.removeItem(KEY)
  else localStorage.setItem(KEY, JSON.stringify(tokens))
  tell()
}

/** Called when the tokens come or go, in this tab or another; returns how to stop listening. */
export function onChange(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

function tell(): void {
  listeners.forEach((listener) => listener())
}

window.addEventListener('storage', (event) => {
  if (event.key === KEY || event.key === null) tell()
})

/** A token that is good for a while yet; null when nobody is signed in (any more). */
export async function accessToken(): Promise<string | null> {
  const tokens = stored()
  if (tokens === null || isFresh(tokens)) return tokens?.access_token ?? null
  return exclusively(refresh)
}

/** After the server refused this token: another one, unless somebody has renewed it already. */
export async function renewed(refused: string): Promise<string | null> {
  return exclusively(() => {
    const tokens = stored()
    if (tokens === null || tokens.access_token !== refused) return Promise.resolve(tokens?.access_token ?? null)
    return refresh(true)
  })
}

function isFresh(tokens: Tokens): boolean {
  return Date.parse(tokens.expires_at) - Date.now() > EARLY_MS
}

let waiting: Promise<string | null> = Promise.resolve(null)

/** One at a time, over all tabs where the browser can: a refresh token that is used twice ends the sign-in. */
async function exclusively(work: () => Promise<string | null>): Promise<string | null> {
  if ('locks' in navigator) return await navigator.locks.request(KEY, work)
  waiting = waiting.then(work, work)
  return waiting
}

async function refresh(even = false): Promise<string | null> {
  const tokens = stored()
  if (tokens === null || (!even && isFresh(tokens))) return tokens?.access_token ?? null
  const response = await fetch('/api/auth/refresh', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ refresh_token: tokens.refresh_token }),
  })
  if (response.ok) {
    const fresh = (await response.json()) as Tokens
    keep(fresh)
    return fresh.access_token
  }
  if (response.status === 401) keep(null) // signed out elsewhere, or too long ago
  return null
}

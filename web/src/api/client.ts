/** The server's API with its own types: `call(api.GET(...))` gives the answer or throws an ApiError in the server's words. */
import createClient, { type Middleware } from 'openapi-fetch'
import type { paths } from './schema'
import { accessToken, renewed } from './tokens'

/** A refusal: what is wrong, where, and the way out. Status 0: the server was not reached. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly suggestion: string | null = null,
    readonly details: Record<string, unknown> = {},
  ) {
    super(message)
  }

  /** The field of the request that was refused, where the server names one. */
  get field(): string | null {
    return typeof this.details.field === 'string' ? this.details.field : null
  }
}

/** Routes that take no token; asking for one would ask them for it. */
const OPEN = ['options', 'sign-up', 'sign-in', 'refresh', 'sign-out'].map((name) => `/api/auth/${name}`)

const authorize: Middleware = {
  async onRequest({ request, schemaPath }) {
    if (OPEN.includes(schemaPath)) return
    const token = await accessToken()
    if (token !== null) request.headers.set('Authorization', `Bearer ${token}`)
  },
}

export const api = createClient<paths>({ fetch: fetchWithRenewal })
api.use(authorize)

/** Sends once more with a new token where the server found the old one no longer valid. */
async function fetchWithRenewal(request: Request): Promise<Response> {
  const again = request.clone()
  const response = await fetch(request)
  const sent = request.headers.get('Authorization')?.slice('Bearer '.length)
  if (response.status !== 401 || sent === undefined) return response
  const token = await renewed(sent)
  if (token === null) return response
  again.headers.set('Authorization', `Bearer ${token}`)
  return fetch(again)
}

interface Answer<T> {
  data?: T
  error?: unknown
  response: Response
}

/** The answer's data; every refusal, and a server that cannot be reached, is an ApiError. */
export async function call<T>(request: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>
  try {
    answer = await request
  } catch (cause) {
    throw unreachable(cause)
  }
  if (!answer.response.ok) throw refusal(answer.response.status, answer.error)
  return answer.data as T
}

/** Any address of the API that has no types (files, uploads): the response, or an ApiError. */
export async function send(path: string, init: RequestInit = {}): Promise<Response> {
  const token = await accessToken()
  const headers = new Headers(init.headers)
  if (token !== null) headers.set('Authorization', `Bearer ${token}`)
  let response: Response
  try {
    response = await fetchWithRenewal(new Request(path, { ...init, headers }))
  } catch (cause) {
    throw unreachable(cause)
  }
  if (!response.ok) throw refusal(response.status, await response.json().catch(() => null))
  return response
}

const LINK_TYPE = 'application/vnd.trainyard.link+json'

/** Hands a file to the browser under the name the server gave it: with the token, or by a link of its store. */
export async function download(path: string, fallbackName: string): Promise<void> {
  const response = await send(path, { headers: { Accept: `${LINK_TYPE}, */*;q=0.5` } })
  if (response.headers.get('Content-Type') === LINK_TYPE) {
    const { url } = (await response.json()) as { url: string }
    open(url, '_self') // an attachment: the page stays where it is
    return
  }
  const named = /filename="?([^";]+)"?/.exec(response.headers.get('Content-Disposition') ?? '')?.[1]
  saveAs(await response.blob(), named ?? fallbackName)
}

/** Hands what the page has made to the browser as a file. */
export function saveAs(blob: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}

export function refusal(status: number, body: unknown): ApiError {
  const said = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>
  return new ApiError(
    status,
    typeof said.code === 'string' ? said.code : 'HTTP_ERROR',
    typeof said.error === 'string' ? said.error : `HTTP ${status}`,
    typeof said.suggestion === 'string' ? said.suggestion : null,
    (said.details as Record<string, unknown> | undefined) ?? {},
  )
}

function unreachable(cause: unknown): ApiError {
  return new ApiError(0, 'UNREACHABLE', cause instanceof Error ? cause.message : String(cause))
}

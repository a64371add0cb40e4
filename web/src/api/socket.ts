/** One Socket.IO connection for the whole page, opened when the first view needs it, with a fresh token at every attempt. */
import { io, type Socket } from 'socket.io-client'
import { accessToken, onChange, renewed, stored } from './tokens'

/** What the server says when access ends: to a session or job that is named, or else to everything, and then it cuts the line. */
export interface AccessEnded {
  code: string
  error: string
  session_id?: string
  job_id?: string
}

const FIRST_PAUSE_MS = 300
const LONGEST_PAUSE_MS = 60_000
const LASTED_MS = 30_000 // a connection that lived so long was no failure

let socket: Socket | null = null
let shown: string | null = null // the token it was opened with
let isRefused = false // that token is worth nothing any more
let connectedAt = 0
let tries = 0

export function liveSocket(): Socket {
  socket ??= open()
  return socket
}

function open(): Socket {
  const opened = io({
    auth: (give) => {
      void accessToken().then((token) => {
        shown = token
        give({ token })
      })
    },
    transports: ['websocket', 'polling'],
    reconnectionDelay: 300,
    reconnectionDelayMax: 3000,
  })
  opened.on('connect', () => {
    connectedAt = Date.now()
    isRefused = false
  })
  opened.on('access_ended', (why: AccessEnded) => {
    if (why.session_id === undefined && why.job_id === undefined) isRefused = true
  })
  opened.on('disconnect', (reason) => {
    if (reason === 'io server disconnect') void comeBack(opened)
  })
  opened.on('connect_error', () => {
    if (opened.active) return // the server was not reached; that is tried again without us
    isRefused = true
    void comeBack(opened)
  })
  return opened
}

/** After the server itself cut the line, which the client takes as final: with another token where the old one was refused,
 * at ever longer pauses. Where the sign-in has ended there is no other token, and the page asks to sign in. */
async function comeBack(cut: Socket): Promise<void> {
  if (connectedAt > 0 && Date.now() - connectedAt > LASTED_MS) tries = 0
  connectedAt = 0
  const isGone = () => socket !== cut
  const pause = Math.min(FIRST_PAUSE_MS * 2 ** tries, LONGEST_PAUSE_MS)
  tries += 1
  await new Promise((done) => setTimeout(done, pause))
  if (isGone()) return
  const token = isRefused && shown !== null ? await renewed(shown).catch(() => null) : shown
  if (isGone()) return
  if (token === null) void comeBack(cut)
  else cut.connect()
}

onChange(() => {
  if (stored() !== null) return
  socket?.disconnect() // whoever signs in next gets a connection of their own
  socket = null
  tries = 0
})

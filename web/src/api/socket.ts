/** One Socket.IO connection for the whole page, opened when the first view needs it, with a fresh token at every attempt. */
import { io, type Socket } from 'socket.io-client'
import { accessToken, onChange, stored } from './tokens'

let socket: Socket | null = null

export function liveSocket(): Socket {
  socket ??= io({
    auth: (give) => {
      void accessToken().then((token) => give({ token }))
    },
    transports: ['websocket', 'polling'],
    reconnectionDelay: 300,
    reconnectionDelayMax: 3000,
  })
  return socket
}

onChange(() => {
  if (stored() !== null) return
  socket?.disconnect() // whoever signs in next gets a connection of their own
  socket = null
})

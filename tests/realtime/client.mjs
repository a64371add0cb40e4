// JavaScript Socket.IO clients behind a line protocol: commands as JSON on stdin, what they hear as JSON on stdout.
import { createInterface } from "node:readline";
import { io } from "socket.io-client";

const url = process.argv[2];
const sockets = {};

function connect(number, { auth, query, transports }) {
  const say = (line) => process.stdout.write(JSON.stringify({ socket: number, ...line }) + "\n");
  const socket = io(url, { auth, query, transports, reconnection: false, forceNew: true });
  socket.on("connect", () => say({ kind: "connected" }));
  socket.on("connect_error", (error) => say({ kind: "refused", name: error.message, data: error.data ?? null }));
  socket.on("disconnect", (reason) => say({ kind: "disconnected", name: reason }));
  socket.onAny((name, data) => say({ kind: "event", name, data }));
  sockets[number] = (name, args) => socket.emit(name, ...args, (data) => say({ kind: "ack", name, data }));
}

createInterface({ input: process.stdin }).on("line", (line) => {
  const command = JSON.parse(line);
  if (command.do === "connect") connect(command.socket, command);
  if (command.do === "emit") sockets[command.socket](command.name, command.args);
});

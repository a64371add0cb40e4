// The JavaScript Socket.IO client behind a line protocol: commands as JSON on stdin, what it hears as JSON on stdout.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";

const [url, modules] = process.argv.slice(2);
const { io } = createRequire(modules + "/")("socket.io-client");
const say = (line) => process.stdout.write(JSON.stringify(line) + "\n");
let socket = null;

function connect({ auth, query, transports }) {
  socket = io(url, { auth, query, transports, reconnection: false, forceNew: true });
  socket.on("connect", () => say({ kind: "connected" }));
  socket.on("connect_error", (error) => say({ kind: "refused", name: error.message, data: error.data ?? null }));
  socket.on("disconnect", (reason) => say({ kind: "disconnected", name: reason }));
  socket.onAny((name, data) => say({ kind: "event", name, data }));
}

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const command = JSON.parse(line);
    if (command.do === "connect") connect(command);
    if (command.do === "disconnect") socket.disconnect();
    if (command.do === "emit") {
      socket.emit(command.name, ...command.args, (data) => say({ kind: "ack", name: command.name, data }));
    }
  })
  .on("close", () => process.exit(0));

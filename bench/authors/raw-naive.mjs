/** The fan-out as a first version would do it: each line is encoded and written once for each socket. */
import * as Net from "node:net"
import * as Readline from "node:readline"
import { announce, stream } from "./frames.mjs"

const sockets = new Set()
const server = Net.createServer((socket) => {
  sockets.add(socket)
  socket.on("error", () => {})
  socket.on("close", () => sockets.delete(socket))
  socket.resume()
  socket.write("welcome\n")
})
server.listen({ host: "127.0.0.1", port: 0 }, () => announce(server))

let n = 0
Readline.createInterface({ input: process.stdin }).on("line", (text) => {
  n += 1
  for (const socket of sockets) {
    socket.write(`${JSON.stringify({ type: "post", stream, n, at: Date.now(), deps: {}, text })}\n`)
  }
})

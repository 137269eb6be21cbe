/**
 * The fastest fan-out that Node's sockets allow: lines from stdin, as posts to all connections. All lines of a tick are
 * encoded once into one Buffer, which is written unchanged to each socket.
 */
import * as Net from "node:net"
import { announce, makeSplitter, postOf } from "./frames.mjs"

const sockets = new Set()
const server = Net.createServer({ noDelay: true }, (socket) => {
  sockets.add(socket)
  socket.on("error", () => {})
  socket.on("close", () => sockets.delete(socket))
  socket.resume()
  socket.write("welcome\n")
})
server.listen({ host: "127.0.0.1", port: 0, backlog: 511 }, () => announce(server))

const split = makeSplitter()
let n = 0
let waiting = ""

const flush = () => {
  const bytes = Buffer.from(waiting)
  waiting = ""
  for (const socket of sockets) socket.write(bytes)
}

process.stdin.setEncoding("utf8").on("data", (piece) => {
  const at = Date.now()
  if (waiting === "") setImmediate(flush)
  for (const line of split(piece)) {
    n += 1
    waiting += postOf(n, at, line)
  }
})

/**
 * Shared by the raw systems in Node: lines from stdin, as posts to all connections. All lines of a tick are encoded once
 * into one Buffer, which is written unchanged to each socket.
 */
import { makeSplitter, postOf } from "./frames.mjs"

/** Begins to read stdin, and sends its lines as posts of that stream. Returns what adds a connection. */
export const broadcast = (stream) => {
  const sockets = new Set()
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
      waiting += postOf(n, at, line, stream)
    }
  })

  return (socket) => {
    sockets.add(socket)
    socket.on("error", () => {})
    socket.on("close", () => sockets.delete(socket))
  }
}

/** The same to readers, who only listen. Returns what takes in a connection. */
export const fanOut = () => {
  const add = broadcast()
  return (socket) => {
    add(socket)
    socket.resume()
    socket.write("welcome\n")
  }
}

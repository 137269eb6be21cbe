/**
 * The fastest receiver that Node allows. It speaks outlive's handshake, then parses each post, checks whether it is the
 * next one, and keeps the last 10,000. It reports each second how many it has received.
 */
import * as Net from "node:net"
import { announce, makeSplitter } from "./frames.mjs"

const mostKept = 10_000

const server = Net.createServer({ noDelay: true }, (socket) => {
  const split = makeSplitter()
  const kept = []
  let stream = ""
  let n = 0
  const have = () => socket.write(`{"type":"have","streams":{${stream && `"${stream}":${n}`}},"more":false}\n`)
  socket.on("error", () => {})
  socket.setEncoding("utf8").on("data", (piece) => {
    for (const line of split(piece)) {
      const frame = JSON.parse(line)
      if (frame.type === "post") {
        if (frame.n !== n + 1) throw new Error(`post ${frame.n} after ${n}`)
        stream = frame.stream
        n = frame.n
        kept.push(frame)
        if (kept.length > mostKept) kept.splice(0, mostKept / 4)
      } else if (frame.type === "hello") {
        socket.write(
          `{"type":"welcome","protocol":2,"id":"raw","epoch":"1700000000000-00c0ffef","chat":"00000000000000000000000000000000","member":true}\n`
        )
        have()
        setInterval(have, 1_000)
      } else if (frame.type === "ping") {
        socket.write(`{"type":"pong"}\n`)
      }
    }
  })
})
server.listen({ host: "127.0.0.1", port: 0 }, () => announce(server))

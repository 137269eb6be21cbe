/**
 * A receiver on bare sockets: `raw-receiver.mjs [shown|lines]`. It speaks outlive's handshake, then parses each post,
 * checks whether it is the next one, and keeps the last 10,000. `shown`: it writes each to stdout as well, a piece at a
 * time. `lines`: it splits and counts lines, and looks at none of them. It reports each second how many it has received.
 */
import * as Net from "node:net"
import { makeSplitter } from "./frames.mjs"

const mostKept = 10_000
const mode = process.argv[2]

const authorOf = (stream) => stream.slice(0, stream.indexOf("/"))

const server = Net.createServer({ noDelay: true }, (socket) => {
  const split = makeSplitter()
  const kept = []
  let stream = ""
  let n = 0
  const have = () => socket.write(`{"type":"have","streams":{${stream && `"${stream}":${n}`}},"more":false}\n`)

  const greet = () => {
    socket.write(
      `{"type":"welcome","protocol":3,"id":"raw","epoch":"1700000000000-00c0ffef","chat":"00000000000000000000000000000000","member":true}\n`
    )
    have()
    setInterval(have, 1_000)
  }

  const take = (post) => {
    if (post.n !== n + 1) throw new Error(`post ${post.n} after ${n}`)
    stream = post.stream
    n = post.n
    kept.push(post)
    if (kept.length > mostKept) kept.splice(0, mostKept / 4)
  }

  const receive = (piece) => {
    const lines = split(piece)
    // After its first posts, the load generator sends nothing else.
    if (mode === "lines" && n > 0) {
      n += lines.length
      return
    }
    let shown = ""
    for (const line of lines) {
      const frame = JSON.parse(line)
      if (frame.type === "post") {
        take(frame)
        if (mode === "shown") shown += `Client ${authorOf(frame.stream)}: ${frame.text}\n`
      } else if (frame.type === "hello") greet()
      else if (frame.type === "ping") socket.write(`{"type":"pong"}\n`)
    }
    if (shown !== "") process.stdout.write(shown)
  }

  socket.on("error", () => {})
  socket.setEncoding("utf8").on("data", receive)
})
server.listen({ host: "127.0.0.1", port: 0 }, () => console.error(`listening ${server.address().port}`))

/**
 * A raw server that calls clients back: `raw-caller.mjs FIRST COUNT` dials all these ports, with outlive's handshake.
 */
import * as Net from "node:net"
import { makeSplitter } from "./frames.mjs"

const [first, count] = process.argv.slice(2).map(Number)
for (let at = 0; at < count; at += 1) {
  const socket = Net.connect({ host: "127.0.0.1", port: first + at, noDelay: true })
  const split = makeSplitter()
  const say = (frame) => socket.write(`${JSON.stringify(frame)}\n`)
  socket.on("error", () => {})
  socket.once("connect", () =>
    say({
      type: "hello",
      protocol: 3,
      id: "Server",
      role: "server",
      epoch: `${Date.now()}-00c0ffee`,
      host: "127.0.0.1",
      port: 9,
      member: true,
      to: `c${at}`
    })
  )
  socket.setEncoding("utf8").on("data", (piece) => {
    for (const line of split(piece)) {
      if (JSON.parse(line).type !== "have") continue
      say({ type: "have", streams: {}, more: false })
      say({ type: "roster", peers: [] })
    }
  })
}

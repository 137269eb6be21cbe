/** A chat room on `ws`: all others get what one says, from one prepared Buffer. */
import { createRequire } from "node:module"

const { WebSocketServer } = createRequire(new URL("../peers/package.json", import.meta.url))("ws")
const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false, backlog: 511 }, () =>
  console.log(`listening ${server.address().port}`)
)
server.on("connection", (socket) => {
  socket.on("error", () => {})
  socket.on("message", (bytes) => {
    for (const other of server.clients) if (other !== socket) other.send(bytes, { binary: false })
  })
})

/**
 * A node of a raw mesh: `raw-node.mjs ID [PORT…]` dials these ports, and listens. It sends typed lines to all as posts.
 * It parses received posts, checks whether each is the next one, and shows it on stdout.
 */
import * as Net from "node:net"
import { makeSplitter } from "./frames.mjs"
import { broadcast } from "./raw-fan-out.mjs"

const [id, ...ports] = process.argv.slice(2)
const stream = `${id}/main/${Date.now()}-00c0ffee`
const add = broadcast(stream)

const link = (socket) => {
  const split = makeSplitter()
  let last = 0
  add(socket)
  socket.setNoDelay(true)
  socket.setEncoding("utf8").on("data", (piece) => {
    let shown = ""
    for (const line of split(piece)) {
      const post = JSON.parse(line)
      if (post.n !== last + 1) throw new Error(`post ${post.n} after ${last}`)
      last = post.n
      shown += `Client ${post.stream.slice(0, post.stream.indexOf("/"))}: ${post.text}\n`
    }
    if (shown !== "") process.stdout.write(shown)
  })
}

const server = Net.createServer(link)
server.listen({ host: "127.0.0.1", port: 0 }, () => console.error(`listening ${server.address().port}`))
for (const port of ports) link(Net.connect({ host: "127.0.0.1", port: Number(port) }))

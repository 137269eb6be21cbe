/**
 * A node of a mesh by js-libp2p's gossipsub: `gossipsub.mjs ID [PORT…]` dials those ports, and listens. What is typed is
 * published, a message a line, what others publish is shown on stdout. Neither encrypted nor signed, as a plain chat is not.
 * It stands here, not under `bench/authors/`, since its packages can't be found by `require`.
 */
import { yamux } from "@chainsafe/libp2p-yamux"
import { gossipsub } from "@libp2p/gossipsub"
import { identify } from "@libp2p/identify"
import { plaintext } from "@libp2p/plaintext"
import { tcp } from "@libp2p/tcp"
import { multiaddr } from "@multiformats/multiaddr"
import { createLibp2p } from "libp2p"
import { makeSplitter } from "../authors/frames.mjs"

// libp2p 3 is for Node 22, and runs on Node 20 but for this.
Promise.withResolvers ??= () => {
  let resolve
  let reject
  const promise = new Promise((...both) => {
    ;[resolve, reject] = both
  })
  return { promise, reject, resolve }
}

const [id, ...ports] = process.argv.slice(2)
const topic = "chat"
const node = await createLibp2p({
  addresses: { listen: ["/ip4/127.0.0.1/tcp/0"] },
  transports: [tcp()],
  connectionEncrypters: [plaintext()],
  streamMuxers: [yamux()],
  connectionManager: { inboundConnectionThreshold: 1_000 },
  services: {
    identify: identify(),
    pubsub: gossipsub({
      allowPublishToZeroTopicPeers: true,
      emitSelf: false,
      floodPublish: true,
      globalSignaturePolicy: "StrictNoSign"
    })
  }
})
const { pubsub } = node.services
let shown = ""
pubsub.addEventListener("message", ({ detail }) => {
  // One write for all that came together.
  if (shown === "")
    setImmediate(() => {
      process.stdout.write(shown)
      shown = ""
    })
  shown += `${Buffer.from(detail.data)}\n`
})
pubsub.subscribe(topic)
for (const port of ports) await node.dial(multiaddr(`/ip4/127.0.0.1/tcp/${port}`))

const split = makeSplitter()
process.stdin.setEncoding("utf8").on("data", (piece) => {
  for (const text of split(piece)) pubsub.publish(topic, Buffer.from(`Client ${id}: ${text}`)).catch(() => {})
})
const [, port] = /\/tcp\/(\d+)/.exec(`${node.getMultiaddrs()[0]}`)
console.error(`listening ${port}`)

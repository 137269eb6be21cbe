/**
 * A node of a mesh by js-libp2p's gossipsub: `gossipsub.mjs ID [PORT…]` dials these ports, and listens. It publishes
 * each typed line as a message, and shows the messages of others on stdout. It neither encrypts nor signs, like a plain
 * chat. It is not in `bench/authors/`, because `require` could not find its packages there.
 */
import { yamux } from "@chainsafe/libp2p-yamux"
import { gossipsub } from "@libp2p/gossipsub"
import { identify } from "@libp2p/identify"
import { plaintext } from "@libp2p/plaintext"
import { tcp } from "@libp2p/tcp"
import { multiaddr } from "@multiformats/multiaddr"
import { createLibp2p } from "libp2p"
import { makeSplitter } from "../authors/frames.mjs"

// libp2p 3 needs Node 22. With this function it also runs on Node 20.
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
  // One write for all messages that arrived together.
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

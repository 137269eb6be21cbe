/** What many links leave behind, and what they hold while nothing is said. */
import * as Net from "node:net"
import { assert, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as Supervisor from "effect/Supervisor"
import { describe } from "vitest"
import * as MemoryMessageLog from "../../layers/MemoryMessageLog.ts"
import * as OpenMembership from "../../layers/OpenMembership.ts"
import * as TcpTransport from "../../layers/TcpTransport.ts"
import * as TransportPeerMesh from "../../layers/TransportPeerMesh.ts"
import { PeerMesh } from "../../services/PeerMesh.ts"
import { type Control, encode, protocolVersion } from "../../src/protocol/Frame.ts"
import { epoch, id, peer } from "../support/samples.ts"

const links = 1_000

/** A node that admits everybody. */
const node = Effect.gen(function* () {
  const context = yield* Layer.build(
    TransportPeerMesh.layer({
      id: id("1"),
      role: "client",
      listen: peer("1", 0, "127.0.0.1").address,
      member: true,
      patience: "1 hour",
      silence: "1 hour"
    }).pipe(
      Layer.provide(MemoryMessageLog.layer({ author: id("1") })),
      Layer.provide(
        Layer.merge(
          TcpTransport.layer({ connections: 2 * links, connectionsPerAddress: 4 * links }),
          OpenMembership.layer
        )
      )
    )
  )
  const mesh = Context.get(context, PeerMesh)
  yield* Effect.forkScoped(Stream.runForEach(mesh.joinRequests, ({ admit }) => admit))
  return mesh
})

const say = (socket: Net.Socket, ...frames: ReadonlyArray<Control>) => socket.write(Buffer.concat(frames.map(encode)))

/** A visitor, once its link is up: the answer to its ping says so. */
const visitor = (port: number, name: string) =>
  Effect.async<Net.Socket>((resume) => {
    let heard = ""
    const socket = Net.connect(port, "127.0.0.1")
    socket.on("data", (bytes) => {
      heard += bytes
      if (heard.includes('"pong"')) resume(Effect.succeed(socket))
    })
    say(
      socket,
      {
        type: "hello",
        protocol: protocolVersion,
        id: id(name),
        epoch: epoch(1),
        ...peer(name, 6_000).address,
        member: true
      },
      { type: "have", streams: {}, more: false },
      { type: "ping" }
    )
  })

/** Says goodbye, and returns when the node has hung up. */
const leave = (socket: Net.Socket) =>
  Effect.async<void>((resume) => {
    socket.once("close", () => resume(Effect.void))
    say(socket, { type: "bye" })
  })

/** How many sockets this process has open. */
const sockets = () => process.getActiveResourcesInfo().filter((kind) => kind === "TCPSocketWrap").length

describe("many links", () => {
  it.scopedLive("hold no fiber while nothing is said, and leave neither fibers nor sockets", () =>
    Effect.gen(function* () {
      const supervisor = yield* Supervisor.track
      const fibers = Effect.map(supervisor.value, ({ length }) => length)
      yield* Effect.gen(function* () {
        const { self } = yield* node
        yield* Effect.yieldNow()
        const before = { fibers: yield* fibers, sockets: sockets() }
        const all = yield* Effect.forEach(
          Array.from({ length: links }, (_, at) => `visitor-${at}`),
          (name) => visitor(self.address.port, name),
          { concurrency: 50 }
        )
        assert.strictEqual(sockets() - before.sockets, 2 * links)
        yield* Effect.yieldNow()
        assert.isAtMost(yield* fibers, before.fibers + 2, "what a few parts of the node still have to do")
        yield* Effect.forEach(all, leave, { concurrency: 50, discard: true })
        // A socket that is closed is open to Node for a moment more.
        yield* Effect.repeat(Effect.delay(Effect.sync(sockets), "10 millis"), {
          until: (open) => open <= before.sockets
        })
        assert.isAtMost(yield* fibers, before.fibers + 2)
      }).pipe(Effect.scoped, Effect.supervised(supervisor))
    }).pipe(Effect.timeout("40 seconds"))
  )
})

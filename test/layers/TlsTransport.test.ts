import * as ChildProcess from "node:child_process"
import * as Net from "node:net"
import * as Tls from "node:tls"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { describe } from "vitest"
import * as Keys from "../../layers/identity/Keys.ts"
import * as TcpTransport from "../../layers/TcpTransport.ts"
import * as TlsTransport from "../../layers/TlsTransport.ts"
import { Identity } from "../../services/Identity.ts"
import { type Connection, Transport } from "../../services/Transport.ts"
import type { Address } from "../../src/domain/Peer.ts"
import { bytesOf, textOf } from "../support/bytes.ts"
import { peer } from "../support/samples.ts"
import * as Sources from "../support/sources.ts"
import * as TransportContract from "./TransportContract.ts"

/** Returns when all that is ready has had its turn, and what closes is closed. */
const turn = Effect.async<void>((resume) => {
  setImmediate(() => setImmediate(() => resume(Effect.void)))
})

/** Node's own count of sockets and servers that are open. */
const open = Effect.map(
  turn,
  () => process.getActiveResourcesInfo().filter((each) => /^(TCPSocketWrap|TCPServerWrap|TLSWrap)$/.test(each)).length
)

const transportOf = (identity: Identity["Type"]) =>
  Transport.pipe(Effect.provide(TlsTransport.layer()), Effect.provideService(Identity, identity))

/** Two nodes that speak TLS, and their keys. */
const world = Effect.gen(function* () {
  const [mine, theirs] = yield* Effect.all([Keys.generate, Keys.generate])
  return { here: yield* transportOf(mine), there: yield* transportOf(theirs), mine, theirs, open, many: 50 }
})

const plain = Effect.provide(Transport, TcpTransport.layer())

const anywhere = peer("1", 0, "127.0.0.1").address

const limit = "20 seconds"

/** A node that listens and counts whom it lets in. */
const door = Effect.gen(function* () {
  const { here, mine, there, theirs } = yield* world
  const visitors: Array<Connection> = []
  const address = yield* there.listen(anywhere, (visitor) =>
    Effect.sync(() => visitors.push(visitor)).pipe(
      Effect.zipRight(Sources.send(visitor, bytesOf("welcome"))),
      Effect.zipRight(Effect.never)
    )
  )
  return { address, here, mine, theirs, visitors }
})

/** What a command says, in all, when it has ended. */
const run = (command: string, args: ReadonlyArray<string>) =>
  Effect.promise(
    () =>
      new Promise<string>((resolve) => {
        const child = ChildProcess.execFile(command, args, { timeout: 15_000 }, (_, out, err) => resolve(out + err))
        child.stdin?.end()
      })
  )

const client = (address: Address, ...args: ReadonlyArray<string>) =>
  run("openssl", ["s_client", "-connect", `127.0.0.1:${address.port}`, ...args])

const certificateOf = ({ credentials }: Identity["Type"]) => ({
  key: credentials.privateKey,
  cert: credentials.certificate
})

interface Outcome {
  readonly outcome: "cut off" | "let in"
  readonly resumed: boolean
  readonly session: Buffer | undefined
}

/** How a bare TLS client of Node's fares: whoever is let in is greeted. */
const call = (address: Address, options: Tls.ConnectionOptions) =>
  Effect.async<Outcome>((resume) => {
    const socket = Tls.connect({ host: "127.0.0.1", port: address.port, rejectUnauthorized: false, ...options })
    let session: Buffer | undefined
    let resumed = false
    let greeted = false
    const end = (outcome: Outcome["outcome"]) => resume(Effect.succeed({ outcome, resumed, session }))
    socket.on("session", (ticket: Buffer) => {
      session = ticket
      if (greeted) end("let in")
    })
    socket.on("secureConnect", () => {
      resumed = socket.isSessionReused()
    })
    socket.on("error", () => {})
    socket.on("close", () => end("cut off"))
    socket.on("data", () => {
      greeted = true
      if (session !== undefined) end("let in")
    })
    return Effect.sync(() => socket.destroy())
  }).pipe(Effect.timeout(limit))

describe("TlsTransport", () => {
  TransportContract.holdsFor(world)

  it.scopedLive(
    "each side is sure of the other's key, and both come to the same binding, on this connection alone",
    () =>
      Effect.gen(function* () {
        const nodes = yield* world
        const one = yield* TransportContract.connect(nodes)
        const [near, far] = [Option.getOrThrow(one.near.secured), Option.getOrThrow(one.far.secured)]
        assert.strictEqual(near.key, nodes.theirs.key)
        assert.strictEqual(far.key, nodes.mine.key)
        assert.strictEqual(one.far.from, "127.0.0.1")
        assert.deepStrictEqual(near.binding("test"), far.binding("test"))
        assert.lengthOf(near.binding("test"), 32)
        assert.notDeepEqual(near.binding("test"), near.binding("other"))
        const two = yield* TransportContract.connect(nodes)
        assert.notDeepEqual(near.binding("test"), Option.getOrThrow(two.near.secured).binding("test"))
      }).pipe(Effect.timeout(limit))
  )

  it.scopedLive("whoever speaks plain is told in words that it speaks TLS alone, and comes no further", () =>
    Effect.gen(function* () {
      const { address, visitors } = yield* door
      const near = yield* (yield* plain).dial(address)
      yield* Sources.send(near, bytesOf('{"type":"ping"}\n'))
      let said = ""
      yield* Effect.flip(
        Effect.forever(
          Effect.map(near.incoming, (pieces) => {
            said += pieces.map(textOf).join("")
          })
        )
      )
      assert.match(said, /^\{"type":"stranger","detail":"it speaks TLS alone: [^"]+"\}\n$/)
      assert.isEmpty(visitors)
    }).pipe(Effect.timeout(limit))
  )

  it.scopedLive("a secure call to a server of another kind fails in words", () =>
    Effect.gen(function* () {
      const { here } = yield* world
      const server = yield* Effect.acquireRelease(
        Effect.async<Net.Server>((resume) => {
          const listening = Net.createServer((socket) => socket.on("error", () => {}).end("hello, this is no TLS\n"))
          listening.listen(0, "127.0.0.1", () => resume(Effect.succeed(listening)))
        }),
        (listening) => Effect.sync(() => listening.close())
      )
      const { port } = server.address() as Net.AddressInfo
      const error = yield* Effect.flip(here.dial(peer("1", port, "127.0.0.1").address))
      assert.include(error.message, "it speaks no TLS")
    }).pipe(Effect.timeout(limit))
  )

  it.scopedLive("openssl finds TLS 1.3 alone, without renegotiation", () =>
    Effect.gen(function* () {
      const { address } = yield* door
      const modern = yield* client(address, "-tls1_3")
      assert.match(modern, /TLSv1\.3/)
      assert.match(modern, /Secure Renegotiation IS NOT supported/)
      assert.match(modern, /Peer signature type: Ed25519/i)
      assert.match(yield* client(address, "-tls1_2"), /alert protocol version/)
    }).pipe(Effect.timeout(limit))
  )

  it.scopedLive(
    "a client that shows no key is cut off; a session is never resumed, so a ticket spares nobody the proof",
    () =>
      Effect.gen(function* () {
        const { address, mine, visitors } = yield* door
        assert.strictEqual((yield* call(address, {})).outcome, "cut off")
        assert.lengthOf(visitors, 0)
        const first = yield* call(address, certificateOf(mine))
        assert.strictEqual(first.outcome, "let in")
        // OpenSSL sends a ticket in any case. This one names a session that nobody keeps.
        const session = first.session
        assert.isDefined(session)
        const again = yield* call(address, { ...certificateOf(mine), session })
        assert.deepInclude(again, { outcome: "let in", resumed: false })
        const bare = yield* call(address, { session })
        assert.deepInclude(bare, { outcome: "cut off", resumed: false })
        assert.lengthOf(visitors, 2)
      }).pipe(Effect.timeout(limit))
  )
})

import * as ChildProcess from "node:child_process"
import * as Fs from "node:fs"
import * as Net from "node:net"
import * as Path from "node:path"
import { Duplex } from "node:stream"
import * as Tls from "node:tls"
import { assert, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import { describe } from "vitest"
import * as Keys from "../../layers/identity/Keys.ts"
import * as TcpTransport from "../../layers/TcpTransport.ts"
import * as TlsTransport from "../../layers/TlsTransport.ts"
import { Identity } from "../../services/Identity.ts"
import { type Connection, Transport } from "../../services/Transport.ts"
import { defaultLimits, type Limits } from "../../src/domain/Limits.ts"
import { type Address, Port } from "../../src/domain/Peer.ts"
import { bytesOf, textOf } from "../support/bytes.ts"
import { temporaryFolder } from "../support/folder.ts"
import { openAt } from "../support/openAt.ts"
import { peer } from "../support/samples.ts"
import { listen } from "../support/serving.ts"
import * as Sources from "../support/sources.ts"
import * as TransportContract from "./TransportContract.ts"

const transportOf = (identity: Identity["Type"], limits = defaultLimits) =>
  Transport.pipe(Effect.provide(TlsTransport.layer(limits)), Effect.provideService(Identity, identity))

/** Two nodes that speak TLS, and their keys. */
const world = Effect.gen(function* () {
  const [mine, theirs] = yield* Effect.all([Keys.generate, Keys.generate])
  return { here: yield* transportOf(mine), there: yield* transportOf(theirs), mine, theirs, open: openAt, many: 50 }
})

const plain = Effect.provide(Transport, TcpTransport.layer())

const anywhere = peer("1", 0, "127.0.0.1").address

const limit = "20 seconds"

/** A node that listens within these limits, and counts whom it lets in. */
const doorWithin = (limits: Limits) =>
  Effect.gen(function* () {
    const [mine, theirs] = yield* Effect.all([Keys.generate, Keys.generate])
    const [here, there] = [yield* transportOf(mine), yield* transportOf(theirs, limits)]
    const acceptor: Array<Connection> = []
    const address = yield* listen(there, anywhere, (visitor) =>
      Effect.sync(() => acceptor.push(visitor)).pipe(
        Effect.zipRight(Sources.send(visitor, bytesOf("welcome"))),
        Effect.zipRight(Effect.never)
      )
    )
    return { address, here, mine, theirs, acceptor }
  })

const door = doorWithin(defaultLimits)

/** What a client of TLS says first. */
const clientHello = Effect.promise(
  () =>
    new Promise<Buffer>((resolve) => {
      const wire = new Duplex({ read: () => {}, write: (bytes: Buffer) => resolve(bytes) })
      Tls.connect({ socket: wire }).on("error", () => {})
    })
)

/** After how many ms somebody is cut off that says that, piece after piece. */
const cutOffAfter = (address: Address, pieces: ReadonlyArray<Uint8Array>, between: number) =>
  Effect.async<number>((resume) => {
    const begun = performance.now()
    const socket = Net.connect({ host: "127.0.0.1", port: address.port, noDelay: true })
    const rest = [...pieces]
    const timer = setInterval(() => {
      const piece = rest.shift()
      if (piece !== undefined && socket.writable) socket.write(piece)
    }, between)
    socket.on("error", () => {}).resume()
    socket.on("close", () => {
      clearInterval(timer)
      resume(Effect.succeed(performance.now() - begun))
    })
    return Effect.sync(() => {
      clearInterval(timer)
      socket.destroy()
    })
  })

/** Whether that can be run here; says so if it can't. */
const has = (command: string, ...args: ReadonlyArray<string>): boolean => {
  const isThere = ChildProcess.spawnSync(command, args, { stdio: "ignore" }).status === 0
  if (!isThere) console.warn(`${command} is not installed (apt-get install ${command}): its test is skipped.`)
  return isThere
}
const hasOpenssl = has("openssl", "version")
const hasNmap = has("nmap", "--version")

/** What a command says, in all, when it has ended. Its input ends once it has said that. */
const run = (command: string, args: ReadonlyArray<string>, until = /^/) =>
  Effect.promise(
    () =>
      new Promise<string>((resolve) => {
        const child = ChildProcess.spawn(command, args, { timeout: 15_000, stdio: "pipe" })
        let said = ""
        const hear = (text: unknown) => {
          said += text
          if (until.test(said)) child.stdin.end()
        }
        hear("")
        child.stdout.on("data", hear)
        child.stderr.on("data", hear)
        child.stdin.on("error", () => {})
        child.on("close", () => resolve(said))
      })
  )

/** What openssl finds at that address: it stays until it has heard so much. */
const opensslAt = ({ port }: Address, args: ReadonlyArray<string>, until?: RegExp) =>
  run("openssl", ["s_client", "-connect", `127.0.0.1:${port}`, ...args], until)

const certificateOf = ({ credentials }: Identity["Type"]) => ({
  key: credentials.privateKey,
  cert: credentials.certificate
})

interface Outcome {
  readonly outcome: "cut off" | "let in"
  readonly resumed: boolean
  readonly session: Buffer | undefined
}

/** Somebody between a node and that address, who changes what it hands on to the node: where it listens. */
const between = (address: Address, changed: (bytes: Buffer) => Buffer) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.async<Net.Server>((resume) => {
        const listening = Net.createServer((near) => {
          const far = Net.connect({ host: "127.0.0.1", port: address.port })
          near.on("error", () => {}).on("close", () => far.destroy())
          far.on("error", () => {}).on("close", () => near.destroy())
          near.pipe(far)
          far.on("data", (bytes) => near.write(changed(bytes)))
        })
        listening.listen(0, "127.0.0.1", () => resume(Effect.succeed(listening)))
      }),
      (listening) => Effect.sync(() => listening.close())
    ),
    (listening) => ({ ...address, port: Port.make((listening.address() as Net.AddressInfo).port) })
  )

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
      const { address, acceptor } = yield* door
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
      assert.match(said, /^\{"type":"stranger","detail":"it accepts TLS only: [^"]+"\}\n$/)
      assert.isEmpty(acceptor)
    }).pipe(Effect.timeout(limit))
  )

  it.scopedLive("whoever does not end its handshake is cut off in time, and keeps nobody out meanwhile", () =>
    Effect.gen(function* () {
      const { address, here, acceptor } = yield* doorWithin({ ...defaultLimits, handshake: Duration.millis(400) })
      const hello = yield* clientHello
      const cutOff = yield* Effect.fork(
        Effect.all(
          {
            silent: cutOffAfter(address, [], 10),
            halfway: cutOffAfter(address, [hello.subarray(0, hello.length / 2)], 10),
            slow: cutOffAfter(
              address,
              Array.from(hello, (byte) => Uint8Array.of(byte)),
              100
            ),
            unanswered: cutOffAfter(address, [hello], 10),
            noise: cutOffAfter(address, [new Uint8Array(4_096).fill(0x16)], 10)
          },
          { concurrency: "unbounded" }
        )
      )
      yield* here.dial(address)
      const { noise, ...others } = yield* Fiber.join(cutOff)
      assert.isBelow(noise, 400)
      for (const [who, after] of Object.entries(others)) {
        assert.isAbove(after, 390, who)
        assert.isBelow(after, 3_000, who)
      }
      assert.lengthOf(acceptor, 1)
    }).pipe(Effect.timeout(limit))
  )

  it.scopedLive("who stands between two nodes hands on what it is given, or shows a key of its own, or breaks it", () =>
    Effect.gen(function* () {
      const { address, here, theirs } = yield* door
      const honest = yield* here.dial(yield* between(address, (bytes) => bytes))
      assert.strictEqual(Option.getOrThrow(honest.secured).key, theirs.key)
      assert.strictEqual(textOf(yield* (yield* Sources.reader(honest))(7)), "welcome")

      // It ends the TLS of both sides, with the one key that it can prove to have.
      const own = yield* Keys.generate
      const middle = yield* transportOf(own)
      const there = yield* listen(middle, anywhere, () => Effect.never)
      assert.strictEqual(Option.getOrThrow((yield* here.dial(there)).secured).key, own.key)

      // It changes a bit of what comes after the handshake: what the node hears is the end, and nothing else.
      let pieces = 0
      const meddled = yield* between(address, (bytes) => {
        pieces += 1
        const changed = Buffer.from(bytes)
        if (pieces > 1) changed[10] = (changed[10] ?? 0) ^ 1
        return changed
      })
      const heard = yield* here.dial(meddled).pipe(
        Effect.flatMap((connection) => connection.incoming),
        Effect.either
      )
      assert.strictEqual(heard._tag, "Left")
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
      assert.include(error.message, "it does not use TLS")
    }).pipe(Effect.timeout(limit))
  )

  it.scopedLive.skipIf(!hasOpenssl)("openssl finds TLS 1.3 alone, no renegotiation, and no session to resume", () =>
    Effect.gen(function* () {
      const { address, mine } = yield* door
      const modern = yield* opensslAt(address, ["-tls1_3"])
      assert.match(modern, /TLSv1\.3/)
      assert.match(modern, /Secure Renegotiation IS NOT supported/)
      assert.match(modern, /Peer signature type: Ed25519/i)
      for (const version of ["-tls1_2", "-tls1_1", "-tls1"]) {
        assert.match(yield* opensslAt(address, [version]), /alert protocol version|no protocols available/, version)
      }
      const folder = yield* temporaryFolder
      const [key, cert, session] = ["key.pem", "cert.pem", "session.pem"].map((name) => Path.join(folder, name)) as [
        string,
        string,
        string
      ]
      Fs.writeFileSync(key, mine.credentials.privateKey)
      Fs.writeFileSync(cert, mine.credentials.certificate)
      const shown = ["-key", key, "-cert", cert]
      const first = yield* opensslAt(address, [...shown, "-sess_out", session], /welcome/)
      assert.match(first, /New, TLSv1\.3/)
      assert.isTrue(Fs.existsSync(session), "there is a ticket to try")
      const again = yield* opensslAt(address, [...shown, "-sess_in", session], /welcome/)
      assert.match(again, /New, TLSv1\.3/)
      assert.notMatch(again, /Reused/)
    }).pipe(Effect.timeout(limit))
  )

  it.scopedLive.skipIf(!hasNmap)("nmap finds TLS 1.3 alone, and no cipher to object to", () =>
    Effect.gen(function* () {
      const { address } = yield* door
      const found = yield* run("nmap", ["--script", "ssl-enum-ciphers", "-Pn", "-p", `${address.port}`, "127.0.0.1"])
      const versions = [...found.matchAll(/^\| +((?:TLS|SSL)v[\d.]+):/gm)].map(([, version]) => version)
      assert.deepStrictEqual(versions, ["TLSv1.3"])
      assert.match(found, /least strength: A$/m)
    }).pipe(Effect.timeout(limit))
  )

  it.scopedLive(
    "a client that shows no key is cut off; a session is never resumed, so a ticket spares nobody the proof",
    () =>
      Effect.gen(function* () {
        const { address, mine, acceptor } = yield* door
        assert.strictEqual((yield* call(address, {})).outcome, "cut off")
        assert.lengthOf(acceptor, 0)
        const first = yield* call(address, certificateOf(mine))
        assert.strictEqual(first.outcome, "let in")
        // OpenSSL sends a ticket in any case. This one names a session that nobody keeps.
        const session = first.session
        assert.isDefined(session)
        const again = yield* call(address, { ...certificateOf(mine), session })
        assert.deepInclude(again, { outcome: "let in", resumed: false })
        const bare = yield* call(address, { session })
        assert.deepInclude(bare, { outcome: "cut off", resumed: false })
        assert.lengthOf(acceptor, 2)
      }).pipe(Effect.timeout(limit))
  )
})

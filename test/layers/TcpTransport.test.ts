import * as ChildProcess from "node:child_process"
import * as Net from "node:net"
import * as Os from "node:os"
import { assert, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Mailbox from "effect/Mailbox"
import { describe } from "vitest"
import * as TcpTransport from "../../layers/TcpTransport.ts"
import { letGo } from "../../layers/transport/Listening.ts"
import { type Connection, Transport } from "../../services/Transport.ts"
import { Host, Port } from "../../src/domain/Peer.ts"
import { bytesOf } from "../support/bytes.ts"
import { openAt } from "../support/openAt.ts"
import { peer } from "../support/samples.ts"
import { listen } from "../support/serving.ts"
import * as Sources from "../support/sources.ts"
import * as TransportContract from "./TransportContract.ts"

const world = Effect.map(Transport, (tcp) => ({ here: tcp, there: tcp, open: openAt })).pipe(
  Effect.provide(TcpTransport.layer())
)

const hasIpv6 = Object.values(Os.networkInterfaces()).some((all) => all?.some(({ address }) => address === "::1"))

const anywhere = peer("1", 0, "127.0.0.1").address

/** A bare listener of Node's own. */
const bareServer = (serve: (socket: Net.Socket) => void) =>
  Effect.acquireRelease(
    Effect.async<Net.Server>((resume) => {
      const server = Net.createServer(serve).listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) => Effect.sync(() => server.close())
  ).pipe(Effect.map((server) => peer("1", (server.address() as Net.AddressInfo).port, "127.0.0.1").address))

describe("TcpTransport", () => {
  TransportContract.holdsFor(world)

  it.scopedLive("it dials from the port that it is told, and one that somebody uses is PortTaken", () =>
    Effect.gen(function* () {
      const { here } = yield* world
      const seen = yield* Deferred.make<number>()
      const address = yield* bareServer((socket) => Deferred.unsafeDone(seen, Effect.succeed(socket.remotePort ?? 0)))
      const free = yield* Effect.scoped(
        Effect.map(
          listen(here, anywhere, () => Effect.void),
          ({ port }) => port
        )
      )
      yield* here.dial(address, free)
      assert.strictEqual(yield* Deferred.await(seen), free)
      const taken = yield* listen(here, anywhere, () => Effect.void)
      const error = yield* Effect.flip(here.dial(address, taken.port))
      assert.deepStrictEqual(error._tag === "PortTaken" && error.port, taken.port)
      yield* here.dial(address, Port.make(0))
    }).pipe(Effect.timeout("20 seconds"))
  )

  it.scopedLive("what was handed over before the end still goes out when the connection is let go right after it", () =>
    Effect.gen(function* () {
      const wasLetGo = yield* Deferred.make<unknown>()
      const { host, port } = yield* bareServer((socket) => {
        socket.end("bye", () => {
          letGo(socket)
          Deferred.unsafeDone(wasLetGo, Effect.succeed([socket.destroyed, socket.errored]))
        })
      })
      // Half open: the other side says no end of its own, as one that has not read yet.
      const socket = yield* Effect.acquireRelease(
        Effect.sync(() => Net.connect({ host, port, allowHalfOpen: true })),
        (socket) => Effect.sync(() => socket.destroy())
      )
      assert.deepStrictEqual(yield* Deferred.await(wasLetGo), [false, null])
      const heard = yield* Effect.async<string>((resume) => {
        let text = ""
        socket.setEncoding("utf8").on("data", (piece) => {
          text += piece
        })
        socket.on("end", () => resume(Effect.succeed(text)))
      })
      assert.strictEqual(heard, "bye")
    }).pipe(Effect.timeout("20 seconds"))
  )

  it.scopedLive("a reset by the peer is a PeerLost, and no error that nobody catches", () =>
    Effect.gen(function* () {
      const { here } = yield* world
      const address = yield* bareServer((socket) => {
        socket.on("error", () => {})
        socket.once("data", () => socket.resetAndDestroy())
      })
      for (let time = 0; time < 50; time++) {
        yield* Effect.scoped(
          Effect.gen(function* () {
            const near = yield* here.dial(address)
            yield* Sources.send(near, bytesOf("hello"))
            const error = yield* Sources.ending(near)
            assert.strictEqual(error.reason, "closed")
            yield* Sources.send(near, bytesOf("into nowhere"))
          })
        )
      }
    }).pipe(Effect.timeout("20 seconds"))
  )

  it.scopedLive("a peer that resets as soon as it is reached is a PeerLost too", () =>
    Effect.gen(function* () {
      const { here } = yield* world
      const address = yield* bareServer((socket) => socket.resetAndDestroy())
      for (let time = 0; time < 50; time++) {
        const outcome = yield* Effect.scoped(Effect.merge(Effect.flatMap(here.dial(address), Sources.ending)))
        assert.include(["PeerLost", "PeerUnreachable"], outcome._tag)
      }
    }).pipe(Effect.timeout("20 seconds"))
  )

  it.scopedLive("a visitor that resets is a PeerLost", () =>
    Effect.gen(function* () {
      const { there } = yield* world
      const accepted = yield* Deferred.make<Connection>()
      const address = yield* listen(there, anywhere, (end) =>
        Effect.zipRight(Deferred.succeed(accepted, end), Effect.never)
      )
      const socket = Net.connect(address.port, address.host)
      const far = yield* Deferred.await(accepted)
      socket.on("error", () => {}).resetAndDestroy()
      assert.strictEqual((yield* Sources.ending(far)).reason, "closed")
    }).pipe(Effect.timeout("20 seconds"))
  )

  it.scopedLive("whoever dials where nobody answers can give up at once", () =>
    Effect.gen(function* () {
      const { here } = yield* world
      // A process that listens, never accepts, and whose queue is full: the kernel drops who knocks.
      const child = yield* Effect.acquireRelease(
        Effect.sync(() =>
          ChildProcess.spawn(process.execPath, [
            "-e",
            `const net = require("node:net")
             const server = net.createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
               require("node:fs").writeSync(1, String(server.address().port))
               Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
             })`
          ])
        ),
        (child) => Effect.sync(() => child.kill("SIGKILL"))
      )
      const port = yield* Effect.async<number>((resume) => {
        child.stdout.once("data", (data) => resume(Effect.succeed(Number(String(data)))))
      })
      const deaf = peer("1", port, "127.0.0.1").address
      // Two fill the queue; the rest get no answer.
      const outcomes = yield* Effect.forEach(
        Array.from({ length: 6 }),
        () => Effect.timeoutOption(here.dial(deaf), "300 millis"),
        { concurrency: "unbounded" }
      ).pipe(Effect.timeout("3 seconds"))
      assert.isTrue(outcomes.some((outcome) => outcome._tag === "None"))
    }).pipe(Effect.timeout("20 seconds"))
  )

  const localhost = peer("1", 0).address

  /** Whether somebody answers there. */
  const answers = (host: string, port: number) =>
    Effect.async<boolean>((resume) => {
      const socket = Net.connect({ host, port }, () => resume(Effect.succeed(true)))
      socket.on("error", () => resume(Effect.succeed(false)))
      return Effect.sync(() => socket.destroy())
    })

  /** A transport on a machine that knows these names alone, and how often it was asked for one. */
  const knowing = (names: Readonly<Record<string, ReadonlyArray<string>>>, protection = TcpTransport.plain) => {
    const asked: Array<string> = []
    const lookup = async (name: string) => {
      asked.push(name)
      const found = names[name]
      if (found === undefined) throw Object.assign(new Error(), { code: "ENOTFOUND" })
      return found
    }
    return { asked, transport: TcpTransport.make(protection, undefined, lookup) }
  }

  it.scopedLive.skipIf(!hasIpv6)("localhost is both loopbacks, at one port, and is not looked up", () =>
    Effect.gen(function* () {
      const { asked, transport } = knowing({})
      const { host, port } = yield* listen(transport, localhost, () => Effect.never)
      assert.strictEqual(host, "localhost")
      assert.isTrue(yield* answers("127.0.0.1", port))
      assert.isTrue(yield* answers("::1", port))
      yield* transport.dial({ host, port })
      const error = yield* Effect.flip(listen(transport, { host, port }, () => Effect.never))
      assert.strictEqual(error._tag, "PortTaken")
      assert.deepStrictEqual(asked, [])
    }).pipe(Effect.timeout("20 seconds"))
  )

  it.scopedLive.skipIf(!hasIpv6)("who listens at the second address of a name alone is found there", () =>
    Effect.gen(function* () {
      const { asked, transport } = knowing({ twofold: ["127.0.0.1", "::1"] })
      const { port } = yield* listen(transport, peer("1", 0, "::1").address, () => Effect.never)
      yield* transport.dial({ host: Host.make("localhost"), port })
      yield* transport.dial({ host: Host.make("twofold"), port })
      assert.deepStrictEqual(asked, ["twofold"])
    }).pipe(Effect.timeout("20 seconds"))
  )

  it.scopedLive.skipIf(!hasIpv6)(
    "a port that is taken at one loopback is taken, and nothing stays open at the other",
    () =>
      Effect.gen(function* () {
        const { transport } = knowing({})
        const { port } = yield* listen(transport, peer("1", 0, "::1").address, () => Effect.never)
        const error = yield* Effect.flip(listen(transport, { ...localhost, port }, () => Effect.never))
        assert.strictEqual(error._tag, "PortTaken")
        assert.isFalse(yield* answers("127.0.0.1", port))
      }).pipe(Effect.timeout("20 seconds"))
  )

  it.scopedLive("of a name's addresses those are listened at that this machine has", () =>
    Effect.gen(function* () {
      // RFC 5737 and 3849 keep these for documentation: they are nobody's.
      const { transport } = knowing({ moved: ["192.0.2.1", "127.0.0.1"], gone: ["192.0.2.1", "2001:db8::1"] })
      const { port } = yield* listen(transport, peer("1", 0, "moved").address, () => Effect.never)
      assert.isTrue(yield* answers("127.0.0.1", port))
      for (const host of ["gone", "nowhere"]) {
        const error = yield* Effect.flip(listen(transport, peer("1", 0, host).address, () => Effect.never))
        assert.strictEqual(error._tag, "HostElsewhere")
      }
    }).pipe(Effect.timeout("20 seconds"))
  )

  it.scopedLive("a host that is not known is named", () =>
    Effect.gen(function* () {
      const { transport } = knowing({})
      const error = yield* Effect.flip(transport.dial(peer("1", 4_000, "locahost").address))
      assert.strictEqual(error.message, "No node can be reached at locahost:4000 (the host locahost is not known).")
    })
  )

  it.scopedLive(
    "a name is reached though its first address is dead, and the second takes more than a second to answer",
    () =>
      Effect.gen(function* () {
        const dead = "192.0.2.1"
        const slow: TcpTransport.Protection = {
          ...TcpTransport.plain,
          call: (options) => {
            const socket = new Net.Socket()
            if (options.host !== dead) setTimeout(() => socket.connect(options), 1_100)
            return socket
          }
        }
        const { transport } = knowing({ slow: [dead, "127.0.0.1"] }, slow)
        const { port } = yield* listen(transport, anywhere, () => Effect.never)
        yield* transport.dial(peer("1", port, "slow").address)
      }).pipe(Effect.timeout("20 seconds"))
  )

  it.scopedLive(
    "when it has as many connections as it takes, who only holds one makes room; else who comes is told",
    () =>
      Effect.gen(function* () {
        const { there } = yield* Effect.map(Transport, (tcp) => ({ there: tcp })).pipe(
          Effect.provide(TcpTransport.layer({ connections: 10, connectionsPerAddress: 2 }))
        )
        const accepted = yield* Mailbox.make<Connection>()
        const { host, port } = yield* listen(
          there,
          anywhere,
          (end) => Effect.zipRight(accepted.offer(end), Effect.ignore(Effect.forever(end.incoming))),
          bytesOf("no seat")
        )
        /** Connects; how what it hears ends. */
        const visit = Effect.map(
          Effect.acquireRelease(
            Effect.sync(() => Net.connect({ host, port }).on("error", () => {})),
            (socket) => Effect.sync(() => socket.destroy())
          ),
          (socket) => {
            let heard = ""
            socket.on("data", (bytes) => {
              heard += bytes
            })
            return new Promise<string>((resolve) => socket.on("close", () => resolve(heard)))
          }
        )
        const stranger = yield* visit
        yield* accepted.take
        yield* visit
        const second = yield* accepted.take
        assert.strictEqual(yield* Effect.promise(() => stranger), "no seat")
        second.introduced()
        const leaving = yield* visit
        const third = yield* accepted.take
        third.introduced()
        const late = yield* visit
        assert.strictEqual(yield* Effect.promise(() => late), "no seat")
        third.abort("closed")
        yield* Effect.promise(() => leaving)
        yield* visit
        yield* accepted.take
      }).pipe(Effect.timeout("20 seconds"))
  )
})

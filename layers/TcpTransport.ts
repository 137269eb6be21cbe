/** A Transport over TCP. */
import * as Net from "node:net"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import { type Connection, Transport } from "../services/Transport.ts"
import { HostElsewhere, PeerUnreachable, PortTaken } from "../src/domain/Errors.ts"
import { within } from "../src/domain/Limit.ts"
import { defaultLimits, type Limits } from "../src/domain/Limits.ts"
import { type Address, Port } from "../src/domain/Peer.ts"
import { Seats } from "../src/domain/Seats.ts"
import { Inlet } from "./transport/Inlet.ts"
import * as Pump from "./transport/Pump.ts"

/** Whoever does not answer a call within this time can't be reached, in ms. */
const dialLimit = 5_000

/** A socket that is let go has so long to hand over what it has and to hear the other side's end. */
const releaseLimit = Duration.millis(200)

/** Once a server has let its connections go, it is closed within this time. */
const closeLimit = "1 second"

/** Whoever calls this owns the socket, and releases it. */
const connectionOf = (socket: Net.Socket, introduced = () => {}): Connection => {
  const inlet = new Inlet({ pause: () => socket.pause(), resume: () => socket.resume() })
  const pump = Pump.make({
    write: (bytes) => socket.destroyed || !socket.writable || socket.write(bytes),
    end: (done) => {
      socket.once("close", done)
      socket.end(done)
    }
  })
  socket.on("data", (bytes) => inlet.offer(bytes))
  socket.on("end", () => inlet.end("closed"))
  socket.on("close", () => inlet.end("closed"))
  socket.on("drain", pump.resume)
  return {
    incoming: inlet.incoming,
    drain: pump.drain,
    wake: pump.wake,
    finish: pump.finish,
    received: () => inlet.received,
    onEnd: (then) => inlet.onEnd(then),
    introduced,
    abort: (reason) =>
      Effect.sync(() => {
        inlet.end(reason)
        socket.resetAndDestroy()
      })
  }
}

const release = (socket: Net.Socket): Effect.Effect<void> =>
  Effect.async<void>((resume) => {
    if (socket.destroyed || socket.connecting) return resume(Effect.void)
    socket.once("close", () => resume(Effect.void))
    socket.end()
    // What still arrives is for nobody; unread, it would keep the end from being seen.
    socket.removeAllListeners("data").resume()
  }).pipe(within(releaseLimit), Effect.zipRight(Effect.sync(() => socket.destroy())))

/** A socket's late errors end in `close`, which is listened to; without this listener they would end the process. */
const ignoreLateErrors = (socket: Net.Socket): Net.Socket => socket.on("error", () => {})

const dial = (address: Address, from?: Port) =>
  Effect.acquireRelease(
    Effect.sync(() => call(address, from)),
    release
  ).pipe(
    Effect.flatMap((socket) => {
      // The socket is listened to before it is connected: what comes with the connection, even its end, is not missed.
      const connection = connectionOf(socket)
      return Effect.as(connected(socket, address, from), connection)
    })
  )

const call = (address: Address, from: Port | undefined): Net.Socket =>
  ignoreLateErrors(
    Net.connect({
      host: address.host,
      port: address.port,
      noDelay: true,
      ...(from === undefined || from === 0 ? {} : { localPort: from })
    })
  )

/** Interruptible, unlike the acquisition of a resource: whoever calls may give up. */
const connected = (socket: Net.Socket, address: Address, from: Port | undefined) =>
  Effect.async<void, PeerUnreachable | PortTaken>((resume) => {
    const settle = (outcome: Effect.Effect<void, PeerUnreachable | PortTaken>) => {
      clearTimeout(timer)
      socket.off("error", failed)
      resume(outcome)
    }
    const failed = (error: NodeJS.ErrnoException) => settle(Effect.fail(dialFailure(error, address, from)))
    const timer = setTimeout(
      () => settle(Effect.fail(new PeerUnreachable({ address, detail: "no answer within 5 s" }))),
      dialLimit
    )
    socket.once("error", failed)
    socket.once("connect", () => settle(Effect.void))
    return Effect.sync(() => clearTimeout(timer))
  })

const dialFailure = (error: NodeJS.ErrnoException, address: Address, from: Port | undefined) => {
  if (from === undefined) return new PeerUnreachable({ address, detail: meaning(error) })
  switch (error.code) {
    case "EADDRINUSE":
    case "EACCES":
      return new PortTaken({ port: from, detail: meaning(error), lingers: false })
    // A connection between these two ports is there, or not quite over for the kernel: TIME_WAIT.
    case "EADDRNOTAVAIL":
      return new PortTaken({ port: from, detail: "it is in use", lingers: true })
    default:
      return new PeerUnreachable({ address, detail: meaning(error) })
  }
}

type Room = Pick<Limits, "connections" | "connectionsPerAddress">

const listenWithin =
  (room: Room): Transport["Type"]["listen"] =>
  (address, serve, regret) =>
    Effect.gen(function* () {
      const seats = new Seats(room)
      const server = yield* Effect.acquireRelease(open(address), awaitClosed)
      const run = yield* FiberSet.makeRuntime<never, void, never>()
      server.on("connection", (socket) => {
        ignoreLateErrors(socket)
        const seat = seats.take(socket.remoteAddress ?? "", () => turnAway(socket, regret))
        if (seat === undefined) return turnAway(socket, regret)
        socket.on("close", seat.leave)
        run(Effect.ensuring(serve(connectionOf(socket, seat.introduced)), release(socket)))
      })
      yield* Effect.addFinalizer(() => Effect.sync(() => server.close()))
      const bound = server.address()
      return typeof bound === "object" && bound !== null ? { ...address, port: Port.make(bound.port) } : address
    })

/** Tells the other side why, if there is something to tell, and lets it go, in a moment, whatever it does. */
const turnAway = (socket: Net.Socket, regret: Uint8Array = new Uint8Array()): void => {
  const cut = setTimeout(() => socket.destroy(), Duration.toMillis(releaseLimit))
  socket.once("close", () => clearTimeout(cut))
  // What it sends is for nobody; unread, it would turn the end into a reset, and the words would be lost.
  socket.removeAllListeners("data").resume().end(regret)
}

const open = (address: Address) =>
  Effect.async<Net.Server, PortTaken | HostElsewhere>((resume) => {
    const server = Net.createServer({ noDelay: true })
    server.once("error", (error: NodeJS.ErrnoException) => resume(Effect.fail(listenFailure(error, address))))
    server.listen({ host: address.host, port: address.port }, () => {
      server.removeAllListeners("error")
      // Out of file descriptors, say: one connection is not accepted, and the others go on.
      server.on("error", () => {})
      resume(Effect.succeed(server))
    })
    return Effect.sync(() => server.close())
  })

const listenFailure = (error: NodeJS.ErrnoException, { host, port }: Address) =>
  error.code === "EADDRNOTAVAIL" || error.code === "ENOTFOUND"
    ? new HostElsewhere({ host })
    : new PortTaken({ port, detail: meaning(error), lingers: false })

const awaitClosed = (server: Net.Server) =>
  Effect.async<void>((resume) => {
    server.once("close", () => resume(Effect.void))
    // Already closing, unless nobody came to use it: a second call does no harm.
    server.close(() => resume(Effect.void))
  }).pipe(within(closeLimit))

/** What Node's error codes mean to a person. */
const meaning = (error: NodeJS.ErrnoException): string =>
  ({
    EADDRINUSE: "it is in use",
    EACCES: "this user may not use it",
    ECONNREFUSED: "nobody listens there",
    ECONNRESET: "it hung up",
    ETIMEDOUT: "no answer",
    ENOTFOUND: "there is no host of that name",
    EAI_AGAIN: "the host's name could not be looked up",
    EHOSTUNREACH: "there is no way to that host",
    ENETUNREACH: "there is no way to that network"
  })[error.code ?? ""] ??
  error.code ??
  error.message

/** One that lets in so many connections. */
export const layer = (room: Room = defaultLimits): Layer.Layer<Transport> =>
  Layer.succeed(Transport, Transport.of({ dial, listen: listenWithin(room) }))

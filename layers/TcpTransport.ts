/** A Transport over TCP. */
import * as Net from "node:net"
import * as Os from "node:os"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import { type Connection, type Secured, Transport } from "../services/Transport.ts"
import { HostElsewhere, PeerUnreachable, PortTaken } from "../src/domain/Errors.ts"
import { within } from "../src/domain/Limit.ts"
import { defaultLimits, type Limits } from "../src/domain/Limits.ts"
import { type Address, Host, Port } from "../src/domain/Peer.ts"
import { Seats } from "../src/domain/Seats.ts"
import { Inlet } from "./transport/Inlet.ts"
import * as Pump from "./transport/Pump.ts"

/** Whoever does not answer a call within this time can't be reached, in ms. */
const dialLimit = 5_000

/** A socket that is let go has so long to hand over what it has and to hear the other side's end. */
const releaseLimit = Duration.millis(200)

/** Once a server has let its connections go, it is closed within this time. */
const closeLimit = "1 second"

/** How a socket is made fit for use, from both ends. */
export interface Protection {
  /** Begins to call. */
  readonly call: (options: Net.TcpNetConnectOpts) => Net.Socket
  /** The event that tells that a call was answered. On "connect", whoever is turned away can be told why. */
  readonly answered: "connect" | "secureConnect"
  /** What is sure of the other side of a socket that is fit for use; what is wrong with it, in words. */
  readonly check: (socket: Net.Socket) => Effect.Effect<Option.Option<Secured>, string>
  /** Makes a visitor's socket fit for use, and hands it on; whoever is not let in is not handed on. */
  readonly accept: (socket: Net.Socket, serve: (fit: Net.Socket) => Effect.Effect<void>) => Effect.Effect<void>
  /** Breaks a connection at once. */
  readonly reset: (socket: Net.Socket) => void
}

/** Nothing is done, and nothing is known. */
const plain: Protection = {
  call: (options) => Net.connect(options),
  answered: "connect",
  check: () => Effect.succeedNone,
  accept: (socket, serve) => serve(socket),
  reset: (socket) => socket.resetAndDestroy()
}

/** What a socket tells of its other side, without the form in which IPv6 writes IPv4. */
const hostOf = (socket: Net.Socket): Host =>
  Host.make(socket.remoteAddress?.replace(/^::ffff:(?=\d+\.)/i, "") ?? "gone")

let last: { readonly bytes: Uint8Array; readonly buffer: Buffer } | undefined

/** These bytes as Node writes them. It makes a Buffer of each array it is given, and links that keep up get the same one. */
const bufferOf = (bytes: Uint8Array): Buffer => {
  if (last?.bytes !== bytes) last = { bytes, buffer: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length) }
  return last.buffer
}

/** Whoever calls this owns the socket, and releases it. */
const connectionOf = (
  socket: Net.Socket,
  reset: Protection["reset"],
  introduced = () => {}
): Omit<Connection, "from" | "secured"> => {
  const inlet = new Inlet({ pause: () => socket.pause(), resume: () => socket.resume() })
  const pump = Pump.make({
    write: (bytes) => !socket.writable || socket.write(bufferOf(bytes)),
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
        reset(socket)
      })
  }
}

export const release = (socket: Net.Socket): Effect.Effect<void> =>
  Effect.async<void>((resume) => {
    if (socket.destroyed || socket.connecting) return resume(Effect.void)
    socket.once("close", () => resume(Effect.void))
    socket.end()
    // What still arrives is for nobody; unread, it would keep the end from being seen.
    socket.removeAllListeners("data").resume()
  }).pipe(within(releaseLimit), Effect.zipRight(Effect.sync(() => socket.destroy())))

/**
 * A socket's late errors end in `close`, which is listened to; without this listener they would end the process. After one
 * of TLS, such as a record that somebody has changed, Node leaves the socket open, and nothing more would ever come.
 */
export const endOnError = (socket: Net.Socket): Net.Socket => socket.on("error", () => socket.destroy())

const dial = (protection: Protection) => (address: Address, from?: Port) =>
  Effect.acquireRelease(
    Effect.sync(() => call(protection, address, from)),
    release
  ).pipe(
    Effect.flatMap((socket) => {
      // The socket is listened to before it is connected: what comes with the connection, even its end, is not missed.
      const connection = connectionOf(socket, protection.reset)
      return answered(socket, protection.answered, address, from).pipe(
        Effect.zipRight(Effect.suspend(() => protection.check(socket))),
        Effect.map((secured) => ({ ...connection, from: hostOf(socket), secured })),
        Effect.mapError((error) =>
          typeof error === "string" ? new PeerUnreachable({ address, detail: error }) : error
        )
      )
    })
  )

const call = (protection: Protection, address: Address, from: Port | undefined): Net.Socket =>
  endOnError(
    protection.call({
      host: address.host,
      port: address.port,
      noDelay: true,
      ...(from === undefined || from === 0 ? {} : { localPort: from })
    })
  )

/** Interruptible, unlike the acquisition of a resource: whoever calls may give up. */
const answered = (socket: Net.Socket, event: Protection["answered"], address: Address, from: Port | undefined) =>
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
    socket.once(event, () => settle(Effect.void))
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

export type Room = Pick<Limits, "connections" | "connectionsPerAddress">

const listenWithin =
  (protection: Protection, room: Room): Transport["Type"]["listen"] =>
  (address, serve, regret) =>
    Effect.gen(function* () {
      const seats = new Seats(room)
      const server = yield* Effect.acquireRelease(open(address), awaitClosed)
      const run = yield* FiberSet.makeRuntime<never, void, never>()
      const words = protection.answered === "connect" ? regret : undefined
      server.on("connection", (socket) => {
        endOnError(socket)
        const seat = seats.take(socket.remoteAddress ?? "", () => turnAway(socket, words))
        if (seat === undefined) return turnAway(socket, words)
        socket.on("close", seat.leave)
        const use = (fit: Net.Socket): Effect.Effect<void> => {
          const connection = connectionOf(fit, protection.reset, seat.introduced)
          return Effect.matchEffect(protection.check(fit), {
            onFailure: () => Effect.void,
            onSuccess: (secured) => serve({ ...connection, from: hostOf(socket), secured })
          })
        }
        run(Effect.ensuring(protection.accept(socket, use), release(socket)))
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
    EPROTO: "it speaks no TLS",
    ERR_SSL_WRONG_VERSION_NUMBER: "it speaks no TLS",
    EHOSTUNREACH: "there is no way to that host",
    ENETUNREACH: "there is no way to that network"
  })[error.code ?? ""] ??
  error.code ??
  error.message

/** A transport whose sockets are protected like that, and that lets in so many connections. */
export const make = (protection: Protection, room: Room = defaultLimits): Transport["Type"] =>
  Transport.of({
    dial: dial(protection),
    listen: listenWithin(protection, room),
    hosts: () => Object.values(Os.networkInterfaces()).flatMap((all) => all?.map(({ address }) => address) ?? [])
  })

/** One that lets in so many connections. */
export const layer = (room: Room = defaultLimits): Layer.Layer<Transport> => Layer.succeed(Transport, make(plain, room))

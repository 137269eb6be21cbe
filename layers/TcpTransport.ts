/** A Transport over TCP. */
import * as Net from "node:net"
import * as Os from "node:os"
import type { Duplex } from "node:stream"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { type Accepted, type Connection, type Secured, Transport } from "../services/Transport.ts"
import { PeerUnreachable, PortTaken } from "../src/domain/Errors.ts"
import { defaultLimits, type Limits } from "../src/domain/Limits.ts"
import type { LossReason } from "../src/domain/MeshEvent.ts"
import { type Address, Host, type Port } from "../src/domain/Peer.ts"
import { addressesOf, type Lookup, notLookedUp, systemLookup } from "./transport/Addresses.ts"
import { ConnectionSlots, type Slot } from "./transport/ConnectionSlots.ts"
import { Halves } from "./transport/Halves.ts"
import { Inlet } from "./transport/Inlet.ts"
import { awaitClosed, closeAll, endOnError, letGo, meaning, openAll, portOf } from "./transport/Listening.ts"
import { type Outlet, Pump } from "./transport/Pump.ts"

/** The time limit for a dial, in ms. The addresses of a host share it. */
const dialLimit = 5_000

/**
 * The minimum time for each address of a host, in ms, however many addresses there are: an answer over a slow path
 * takes more than a second.
 */
const leastDialLimit = 1_250

/** The maximum number of addresses of a host that are tried. */
const mostAddresses = 8

/** How much of bulk is read at once, in bytes: less than an inlet takes without a pause. */
const readAtOnce = 131_072

/** How sockets are secured, on both sides. */
export interface Protection {
  /** Starts a connection attempt. */
  readonly call: (options: Net.TcpNetConnectOpts) => Net.Socket
  /** The event that reports success. With "connect", a visitor that is turned away can be told why. */
  readonly answered: "connect" | "secureConnect"
  /** What is known for certain about the other side of a ready socket; fails with what is wrong with it, in words. */
  readonly check: (socket: Net.Socket) => Either.Either<Option.Option<Secured>, string>
  /**
   * Secures a visitor's socket and passes it to `serve`. A visitor that is not let in is not passed on. Undefined if
   * sockets are used as they come.
   */
  readonly accept: ((socket: Net.Socket, serve: (fit: Net.Socket) => void) => Effect.Effect<void>) | undefined
  /** Secures a connection that others pass on. */
  readonly within: Transport["Type"]["within"]
  /** Ends a connection immediately. */
  readonly reset: (socket: Net.Socket) => void
}

/** A protection that also secures connections that are there already, in both roles. */
export interface Securing extends Protection {
  readonly over: (raw: Duplex) => Net.Socket
  readonly accept: NonNullable<Protection["accept"]>
}

const unsecured = Either.right(Option.none<Secured>())

/** Plain TCP: sockets are not secured, and nothing is known about the other side. */
export const plain: Protection = {
  call: (options) => Net.connect(options),
  answered: "connect",
  check: () => unsecured,
  accept: undefined,
  within: Effect.succeed,
  reset: (socket) => socket.resetAndDestroy()
}

let lastHost: { readonly address: string; readonly host: Host } | undefined

/** The address of the other side. An IPv4 address in IPv6 notation is shortened to IPv4. Many come from one host. */
const hostOf = ({ remoteAddress: address = "gone" }: Net.Socket): Host => {
  if (lastHost?.address !== address) lastHost = { address, host: Host.make(address.replace(/^::ffff:(?=\d+\.)/i, "")) }
  return lastHost.host
}

let last: { readonly bytes: Uint8Array; readonly buffer: Buffer } | undefined

/**
 * The same bytes as a Buffer. Node makes a Buffer of each array that it writes; links that keep up write the same
 * array, and share this one.
 */
const bufferOf = (bytes: Uint8Array): Buffer => {
  if (last?.bytes !== bytes) last = { bytes, buffer: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length) }
  return last.buffer
}

const connection = Symbol("connection")
const place = Symbol("place")

/** A socket knows what uses it, so that all sockets share their listeners: closures for each took 0.4 KB a link. */
type Used = Net.Socket & { [connection]?: SocketConnection; [place]?: Slot }

function arrived(this: Used, bytes: Buffer): void {
  this[connection]?.arrived(bytes)
}

function ended(this: Used): void {
  this[connection]?.ended()
}

function closed(this: Used): void {
  this[connection]?.closed()
}

function drained(this: Used): void {
  this[connection]?.drained()
}

function left(this: Used): void {
  this[place]?.free()
}

/**
 * A connection over a socket. Mutable, and plain functions throughout. Its fields are all that an idle connection keeps
 * besides what Node keeps of a socket.
 */
export class SocketConnection extends Halves implements Accepted, Outlet {
  secured: Option.Option<Secured> = Option.none()
  readonly #socket: Used
  readonly #reset: Protection["reset"]
  protected readonly inlet: Inlet
  protected readonly pump: Pump
  /** The connections that the listener must release, this one among them. */
  readonly #open: Set<SocketConnection> | undefined
  readonly #slot: Slot | undefined

  constructor(socket: Used, reset: Protection["reset"], open?: Set<SocketConnection>, slot?: Slot) {
    super()
    this.#socket = socket
    this.#reset = reset
    this.#open = open
    this.#slot = slot
    open?.add(this)
    this.inlet = new Inlet(socket)
    this.pump = new Pump(this)
    socket[connection] = this
    socket.on("data", arrived).on("end", ended).on("close", closed).on("drain", drained)
  }

  get from(): Host {
    return hostOf(this.#socket)
  }

  introduced(): void {
    this.#slot?.introduced()
  }

  abort(reason: LossReason): void {
    this.inlet.end(reason)
    this.#reset(this.#socket)
  }

  release(): void {
    this.#open?.delete(this)
    this.inlet.close()
    letGo(this.#socket)
  }

  // ---- What the socket says

  arrived(bytes: Uint8Array): void {
    this.inlet.offer(bytes)
  }

  lent(bytes: Uint8Array): void {
    this.inlet.lend(bytes)
  }

  ended(): void {
    this.inlet.end("closed")
  }

  closed(): void {
    this.#open?.delete(this)
    this.inlet.end("closed")
  }

  drained(): void {
    this.pump.resume()
  }

  // ---- What the pump wants of the socket

  write(bytes: Uint8Array): boolean {
    return !this.#socket.writable || this.#socket.write(bufferOf(bytes))
  }

  end(done: () => void): void {
    this.#socket.once("close", done)
    this.#socket.end(done)
  }
}

/** Closes the connection as `letGo` does, and returns when it is closed. One that is not there yet is given up at once. */
const release = (socket: Net.Socket): Effect.Effect<void> =>
  Effect.async<void>((resume) => {
    if (socket.connecting) socket.destroy()
    if (socket.destroyed) return resume(Effect.void)
    socket.once("close", () => resume(Effect.void))
    letGo(socket)
  })

/** What one attempt is to reach. */
export interface Goal extends Address {
  readonly from: Port | undefined
  /** The time limit, in ms. */
  readonly limit: number
  readonly isBulk?: boolean
}

/** The same at one IP address of a host. */
interface Target extends Goal {
  readonly ip: string
}

/** Dials the addresses of a host, one after the other. If none answers, it fails with the error of the first. */
const dial =
  (protection: Protection, lookup: Lookup) =>
  (
    address: Address,
    from?: Port,
    use: "frames" | "bulk" = "frames"
  ): Effect.Effect<Connection, PeerUnreachable | PortTaken, Scope.Scope> =>
    addressesOf(address.host, lookup).pipe(
      Effect.timeoutFail({ duration: dialLimit, onTimeout: () => notLookedUp(address.host) }),
      Effect.mapError((detail) => new PeerUnreachable({ address, detail })),
      Effect.flatMap(([head, ...tail]) => {
        const ips = Arr.make(head, ...tail.slice(0, mostAddresses - 1))
        const limit = Math.max(dialLimit / ips.length, leastDialLimit)
        return inTurn(
          Arr.map(ips, (ip) => dialTarget(protection, { ...address, ip, from, limit, isBulk: use === "bulk" }))
        )
      })
    )

/** The first of these effects that succeeds; if none does, the error of the first. */
const inTurn = <A, E, R>([first, ...others]: Arr.NonEmptyReadonlyArray<Effect.Effect<A, E, R>>): Effect.Effect<
  A,
  E,
  R
> =>
  Effect.catchAll(first, (error) =>
    Arr.isNonEmptyReadonlyArray(others) ? Effect.mapError(inTurn(others), () => error) : Effect.fail(error)
  )

const dialTarget = (protection: Protection, target: Target) =>
  attempt(
    protection,
    target,
    () => call(protection, target),
    (socket) => new SocketConnection(socket, protection.reset)
  )

/** Makes a socket, and waits until it is ready and shows what it must. It is open until the scope closes. */
export const attempt = (
  protection: Protection,
  goal: Goal,
  make: () => Net.Socket,
  use: (socket: Net.Socket) => SocketConnection
): Effect.Effect<Connection, PeerUnreachable | PortTaken, Scope.Scope> =>
  Effect.acquireRelease(Effect.sync(make), release).pipe(
    Effect.flatMap((socket) => {
      // The listeners are added before the socket connects, so that nothing that comes with the connection is missed,
      // not even its end.
      const connection = use(socket)
      return answered(socket, protection.answered, goal).pipe(
        Effect.zipRight(Effect.suspend(() => protection.check(socket))),
        Effect.map((secured) => {
          connection.secured = secured
          return connection
        }),
        Effect.mapError((error) => (typeof error === "string" ? unreachable(goal, error) : error)),
        Effect.tapError(() => Effect.sync(() => socket.destroy()))
      )
    })
  )

const call = (protection: Protection, { from, ip, isBulk, port }: Target): Net.Socket => {
  const socket: Used = protection.call({
    host: ip,
    port,
    noDelay: true,
    ...(from === undefined || from === 0 ? {} : { localPort: from }),
    ...(isBulk === true ? { onread: into(() => socket[connection]) } : {})
  })
  return endOnError(socket)
}

/** Reads into the same memory again and again. Collecting new memory for each read takes as long as all the rest. */
const into = (to: () => SocketConnection | undefined): Net.OnReadOpts => ({
  buffer: new Uint8Array(readAtOnce),
  callback: (length, bytes) => {
    to()?.lent(bytes.subarray(0, length))
    return true
  }
})

/** Waits for the answer. Interruptible, unlike the acquisition of a resource: the caller may give up. */
const answered = (socket: Net.Socket, event: Protection["answered"], target: Goal) =>
  Effect.async<void, PeerUnreachable | PortTaken>((resume) => {
    const settle = (outcome: Effect.Effect<void, PeerUnreachable | PortTaken>) => {
      clearTimeout(timer)
      socket.off("error", failed)
      resume(outcome)
    }
    const failed = (error: NodeJS.ErrnoException) => settle(Effect.fail(dialFailure(error, target)))
    const timer = setTimeout(() => settle(Effect.fail(unreachable(target, "no answer within 5 s"))), target.limit)
    socket.once("error", failed)
    socket.once(event, () => settle(Effect.void))
    return Effect.sync(() => clearTimeout(timer))
  })

const unreachable = ({ host, port }: Address, detail: string) =>
  new PeerUnreachable({ address: { host, port }, detail })

const dialFailure = (error: NodeJS.ErrnoException, target: Goal) => {
  const { from } = target
  if (from === undefined || from === 0) return unreachable(target, meaning(error))
  switch (error.code) {
    case "EADDRINUSE":
    case "EACCES":
      return new PortTaken({ port: from, detail: meaning(error), lingers: false })
    // The kernel still has a connection between these two ports, perhaps in TIME_WAIT.
    case "EADDRNOTAVAIL":
      return new PortTaken({ port: from, detail: "it is in use", lingers: true })
    default:
      return unreachable(target, meaning(error))
  }
}

const createServer = () => Net.createServer({ noDelay: true })

export type Room = Pick<Limits, "connections" | "connectionsPerAddress">

/** Serves a visitor's connection, if its socket shows what it must. */
export const serveIfFit = (
  { check }: Protection,
  socket: Net.Socket,
  connection: SocketConnection,
  serve: (connection: Accepted) => void
): void => {
  const secured = check(socket)
  if (Either.isLeft(secured)) return connection.release()
  connection.secured = secured.right
  serve(connection)
}

const listenWithin =
  (protection: Protection, room: Room, lookup: Lookup): Transport["Type"]["listen"] =>
  (address, serve, regret) =>
    Effect.gen(function* () {
      const slots = new ConnectionSlots(room)
      const servers = yield* Effect.acquireRelease(openAll(address, lookup, createServer), (all) =>
        Effect.forEach(all, awaitClosed, { concurrency: "unbounded", discard: true })
      )
      const run = yield* FiberSet.makeRuntime<never, void, never>()
      const words = protection.answered === "connect" ? regret : undefined
      const open = new Set<SocketConnection>()
      const use = (fit: Used, slot: Slot): void => {
        serveIfFit(protection, fit, new SocketConnection(fit, protection.reset, open, slot), serve)
      }
      const receive = (socket: Used): void => {
        endOnError(socket)
        const slot = slots.take(socket.remoteAddress ?? "", () => letGo(socket, words))
        if (slot === undefined) return letGo(socket, words)
        socket[place] = slot
        socket.on("close", left)
        if (protection.accept === undefined) return use(socket, slot)
        run(protection.accept(socket, (fit) => use(fit, slot)))
      }
      for (const server of servers) server.on("connection", receive)
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          closeAll(servers)
          for (const connection of open) connection.release()
        })
      )
      return { ...address, port: portOf(servers) ?? address.port }
    })

/** A transport with that protection, room for connections, and lookup of names. */
export const make = (
  protection: Protection,
  room: Room = defaultLimits,
  lookup: Lookup = systemLookup
): Transport["Type"] =>
  Transport.of({
    dial: dial(protection, lookup),
    listen: listenWithin(protection, room, lookup),
    within: protection.within,
    hosts: () => Object.values(Os.networkInterfaces()).flatMap((all) => all?.map(({ address }) => address) ?? [])
  })

/** A plain TCP transport with that room for connections, and lookup of names. */
export const layer = (room: Room = defaultLimits, lookup: Lookup = systemLookup): Layer.Layer<Transport> =>
  Layer.succeed(Transport, make(plain, room, lookup))

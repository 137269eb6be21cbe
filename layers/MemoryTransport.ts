/**
 * A Transport within one process: a network of any number of nodes with delays, cuts and crashes, on the test's clock.
 */
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { type Accepted, type Connection, type Secured, type Side, Transport } from "../services/Transport.ts"
import { PeerUnreachable, PortTaken } from "../src/domain/Errors.ts"
import { PublicKey } from "../src/domain/Key.ts"
import * as Monotonic from "../src/domain/Monotonic.ts"
import { type Address, formatAddress, Host as HostName, Port } from "../src/domain/Peer.ts"
import { strangerTo } from "../src/domain/Security.ts"
import { makeSignal } from "../src/domain/Signal.ts"
import { farAddress, isFar, type Site } from "../src/domain/Site.ts"
import { type Flow, Inlet } from "./transport/Inlet.ts"
import { type Outlet, Pump } from "./transport/Pump.ts"

const dialLimit = "5 seconds"

/** How many bytes may be on their way in a pipe before the writer must wait, as with a socket. */
const window = 65_536

/** A simulated network, controlled by the test. A node's name is the one that its transport was made for. */
export interface Network {
  /**
   * The transport of a node that starts now. With a key, all its connections are secure: each side knows the other's
   * key.
   */
  readonly transport: (node: string, place?: Place) => Transport["Type"]
  /** Cuts the network: from now on data waits where `apart` is true for its sender and receiver. */
  readonly cut: (apart: (from: string, to: string) => boolean) => Effect.Effect<void>
  /** From now on, dials get no answer where `blocked` is true for the two nodes, as through a firewall. */
  readonly block: (blocked: (from: string, to: string) => boolean) => Effect.Effect<void>
  /** Removes all cuts: data that waited arrives. */
  readonly heal: Effect.Effect<void>
  /** Adds an address to that node's machine, as when it joins a network. The node is reached as before. */
  readonly join: (node: string, address: string) => Effect.Effect<void>
  /** Sets the delay in ms, which is asked for each chunk. The order within a connection stays. */
  readonly delay: (millis: () => number) => Effect.Effect<void>
  /** A node crashes: its connections break, and nothing more that it sends arrives. */
  readonly crash: (node: string) => Effect.Effect<void>
  /** How often something has arrived at a node, in all its lives. */
  readonly arrivals: (node: string) => Effect.Effect<number>
  /** The number of open connection ends and listeners. At the end of a test it should be 0. */
  readonly open: Effect.Effect<number>
}

export interface Place {
  readonly key?: PublicKey
  /** The host from which others see it connect: localhost by default. */
  readonly from?: HostName
  /** The site of which it is the server: servers of others reach it at the far address. */
  readonly site?: Site
}

/** One life of a node. It has another after a crash. */
interface Host extends Place {
  readonly node: string
  alive: boolean
}

interface Listener {
  readonly host: Host
  readonly accept: (connection: Accepted) => void
}

const localhost = HostName.make("localhost")

/** What the other side knows for certain about a node on the connection with that number. */
const securedBy = ({ key }: Host, connection: number): Option.Option<Secured> =>
  Option.map(Option.fromNullable(key), (known) => ({
    key: known,
    binding: (purpose) => new TextEncoder().encode(`${purpose} on connection ${connection}`)
  }))

/** The time limit for two nodes to show each other their keys. */
const keysLimit = "5 seconds"

/** A connection that others pass on, on which both ends have shown their keys: in place of a handshake. */
const keyed = (connection: Connection, key: PublicKey, side: Side): Effect.Effect<Connection, PeerUnreachable> => {
  const show = Effect.sync(() => {
    const lines = [new TextEncoder().encode(`${key}\n`)]
    connection.drain(() => lines.shift())
    connection.wake()
  })
  const see = Effect.async<string, string>((resume) => {
    let text = ""
    connection.receive({
      take: (pieces) => {
        for (const piece of pieces) text += new TextDecoder().decode(piece)
        if (!text.endsWith("\n")) return
        connection.hold(true)
        resume(Effect.succeed(text.slice(0, -1)))
      },
      end: () => resume(Effect.fail("it closed the connection"))
    })
    connection.hold(false)
  })
  return Effect.mapBoth(
    Effect.timeoutFail(side === "dialled" ? Effect.zipRight(show, see) : Effect.zipLeft(see, show), {
      duration: keysLimit,
      onTimeout: () => "it shows no key"
    }),
    {
      onSuccess: (shown) => ({
        ...connection,
        secured: Option.some({ key: PublicKey.make(shown), binding: (purpose) => new TextEncoder().encode(purpose) })
      }),
      onFailure: (detail) => new PeerUnreachable({ address: { host: connection.from, port: Port.make(1) }, detail })
    }
  )
}

/** The host from which a node is seen to come that has dialled that host. */
const seenFrom = ({ from = localhost, site }: Host, dialled: HostName): HostName =>
  site !== undefined && isFar({ host: dialled }) ? farAddress(site).host : from

/** Whoever keeps bytes of bulk sees what is made of them. */
const lend = (inlet: Inlet, bytes: Uint8Array): void => {
  const lent = new Uint8Array(bytes)
  inlet.lend(lent)
  lent.fill(0xff)
}

/** One direction of a connection. */
interface Pipe extends Outlet {
  /** Ends it: the other end is told after everything that was written. */
  readonly close: () => void
  /** Sets whether data must wait, because the other end does not read. */
  readonly hold: (held: boolean) => void
}

/** One end of a connection. */
interface End {
  readonly host: Host
  readonly pipe: Pipe
}

export const makeNetwork: Effect.Effect<Network, never, Scope.Scope> = Effect.gen(function* () {
  const run = yield* FiberSet.makeRuntime<never, void, never>()
  const network = makeSignal()
  const clock = yield* Effect.clock

  const listeners = new Map<string, Listener>()
  const ends = new Set<End>()
  const hosts = new Set<Host>()
  const addresses = new Map<string, Set<string>>()
  const arrivals = new Map<string, number>()
  let isCut: (from: string, to: string) => boolean = () => false
  let isBlocked: (from: string, to: string) => boolean = () => false
  let delay = () => 0
  let lastPort = 40_000
  let lastConnection = 0

  /** Carries data to the inlet at the other end: in order, after its delay, and not through a cut. */
  const makePipe = (from: Host, to: Host, inlet: () => Inlet, room: () => void, isBulk = false): Pipe => {
    const cargo: Array<{ readonly due: number; readonly arrive: () => void }> = []
    let inFlight = 0
    let carried = false
    let held = false
    let closed = false

    const mustWait = () => held || isCut(from.node, to.node)

    const carry = Effect.gen(function* () {
      // Nothing arrives within the call that sends it, as with a socket: the sender may be in the middle of a step.
      yield* Effect.yieldNow()
      for (let next = cargo[0]; next !== undefined; next = cargo[0]) {
        const wait = next.due - Monotonic.millis(clock)
        if (wait > 0) yield* Effect.sleep(wait)
        yield* network.until(() => !mustWait())
        cargo.shift()
        next.arrive()
      }
      carried = false
    })

    const send = (arrive: () => void): void => {
      cargo.push({ due: Monotonic.millis(clock) + delay(), arrive })
      if (carried) return
      carried = true
      run(carry)
    }

    return {
      write: (bytes) => {
        if (closed || !from.alive) return true
        inFlight += bytes.length
        // The writer may use its array again, as with a socket.
        const copy = bytes.slice()
        send(() => {
          const wasFull = inFlight >= window
          inFlight -= bytes.length
          arrivals.set(to.node, (arrivals.get(to.node) ?? 0) + 1)
          if (isBulk) lend(inlet(), copy)
          else inlet().offer(copy)
          if (wasFull && inFlight < window) room()
        })
        return inFlight < window
      },
      end: (done) => {
        if (closed || !from.alive) return done()
        send(() => {
          inlet().end("closed")
          done()
        })
      },
      close: () => {
        if (closed) return
        closed = true
        send(() => inlet().end("closed"))
      },
      hold: (now) => {
        held = now
        network.changed()
      }
    }
  }

  /** The two ends of a new connection. */
  const connect = (dialler: Host, listener: Host, host: HostName, isBulk: boolean): readonly [Accepted, Accepted] => {
    const outward: Pipe = makePipe(
      dialler,
      listener,
      () => far,
      () => outwardPump.resume()
    )
    const inward: Pipe = makePipe(
      listener,
      dialler,
      () => near,
      () => inwardPump.resume(),
      isBulk
    )
    const outwardPump = new Pump(outward)
    const inwardPump = new Pump(inward)
    const flowOf = (pipe: Pipe): Flow => ({ pause: () => pipe.hold(true), resume: () => pipe.hold(false) })
    const near = new Inlet(flowOf(inward))
    const far = new Inlet(flowOf(outward))
    const number = ++lastConnection
    const [knownListener, knownDialler] = [securedBy(listener, number), securedBy(dialler, number)]
    return [
      endOf(dialler, outward, outwardPump, near, { from: host, secured: knownListener }),
      endOf(listener, inward, inwardPump, far, { from: seenFrom(dialler, host), secured: knownDialler })
    ]
  }

  const endOf = (
    host: Host,
    pipe: Pipe,
    pump: Pump,
    inlet: Inlet,
    other: Pick<Accepted, "from" | "secured">
  ): Accepted => {
    const end = { host, pipe }
    ends.add(end)
    return {
      ...other,
      incoming: inlet.incoming,
      receive: (receiver) => inlet.receive(receiver),
      hold: (held) => inlet.hold(held),
      drain: (source) => pump.drain(source),
      wake: () => pump.wake(),
      put: (bytes) => pump.put(bytes),
      finish: pump.finish,
      received: () => inlet.received,
      onEnd: (then) => inlet.onEnd(then),
      introduced: () => {},
      close: (reason) => inlet.end(reason),
      abort: (reason) => {
        inlet.end(reason)
        pipe.close()
      },
      release: () => {
        ends.delete(end)
        inlet.close()
        pipe.close()
      }
    }
  }

  const dial = (host: Host, address: Address, isBulk: boolean) =>
    Effect.gen(function* () {
      const name = formatAddress(address)
      const target = yield* Effect.suspend(() => Effect.fromNullable(listeners.get(name))).pipe(
        Effect.mapError(() => new PeerUnreachable({ address, detail: "nothing listens there" }))
      )
      const [from, to] = [host.node, target.host.node]
      yield* network.until(() => !isCut(from, to) && !isCut(to, from) && !isBlocked(from, to))
      if ((host.key === undefined) !== (target.host.key === undefined)) {
        const detail = host.key === undefined ? strangerTo.tls : "it does not use TLS"
        return yield* new PeerUnreachable({ address, detail })
      }
      return yield* Effect.acquireRelease(
        Effect.sync(() => {
          const [near, far] = connect(host, target.host, address.host, isBulk)
          target.accept(far)
          return near
        }),
        ({ release }) => Effect.sync(release)
      )
    }).pipe(
      Effect.timeoutFail({
        duration: dialLimit,
        onTimeout: () => new PeerUnreachable({ address, detail: "no answer within 5 s" })
      })
    )

  const listen = (host: Host, wanted: Address, serve: (connection: Accepted) => void) =>
    Effect.gen(function* () {
      const port = wanted.port === 0 ? Port.make(++lastPort) : wanted.port
      const address = { ...wanted, port }
      const name = formatAddress(address)
      if (listeners.has(name)) return yield* new PortTaken({ port, detail: "it is in use", lingers: false })
      const open = new Set<Accepted>()
      const accept: Listener["accept"] = (end) => {
        const accepted: Accepted = {
          ...end,
          release: () => {
            open.delete(accepted)
            end.release()
          }
        }
        open.add(accepted)
        serve(accepted)
      }
      const listener = { host, accept }
      yield* Effect.acquireRelease(
        Effect.sync(() => listeners.set(name, listener)),
        () =>
          Effect.sync(() => {
            if (listeners.get(name) === listener) listeners.delete(name)
            for (const accepted of open) accepted.release()
          })
      )
      return address
    })

  return {
    transport: (node, place = {}) => {
      const host = { ...place, node, alive: true }
      hosts.add(host)
      return Transport.of({
        dial: (address, _, use) =>
          Effect.suspend(() => (host.alive ? dial(host, address, use === "bulk") : Effect.never)),
        listen: (address, serve) =>
          Effect.suspend(() => {
            if (!host.alive) return Effect.never
            const near = listen(host, address, serve)
            return host.site === undefined ? near : Effect.zipLeft(near, listen(host, farAddress(host.site), serve))
          }),
        within: (connection, side) =>
          host.key === undefined ? Effect.succeed(connection) : keyed(connection, host.key, side),
        hosts: () => [...(addresses.get(node) ?? [])]
      })
    },
    cut: (apart) =>
      Effect.sync(() => {
        const before = isCut
        isCut = (from, to) => before(from, to) || apart(from, to)
      }),
    block: (blocked) =>
      Effect.sync(() => {
        isBlocked = blocked
      }),
    heal: Effect.sync(() => {
      isCut = () => false
      network.changed()
    }),
    join: (node, address) =>
      Effect.sync(() => {
        addresses.set(node, new Set([...(addresses.get(node) ?? []), address]))
      }),
    delay: (millis) =>
      Effect.sync(() => {
        delay = millis
      }),
    crash: (node) =>
      Effect.sync(() => {
        for (const host of hosts) {
          if (host.node !== node) continue
          host.alive = false
          hosts.delete(host)
          for (const [name, listener] of listeners) {
            if (listener.host === host) listeners.delete(name)
          }
          for (const end of ends) {
            if (end.host === host) end.pipe.close()
          }
        }
      }),
    arrivals: (node) => Effect.sync(() => arrivals.get(node) ?? 0),
    open: Effect.sync(() => ends.size + listeners.size)
  }
})

/** The transport of that node in that network. */
export const layer = (network: Network, node: string, place?: Place): Layer.Layer<Transport> =>
  Layer.sync(Transport, () => network.transport(node, place))

/**
 * Searches for missing peers: which to dial, and how often. Sought peers are dialled every few seconds, and other parts
 * wait for them. Peers that were given up are dialled rarely, and nothing waits for them.
 */
import * as Arr from "effect/Array"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as FiberMap from "effect/FiberMap"
import * as Random from "effect/Random"
import type { Route } from "../../services/PeerMesh.ts"
import { absurd } from "../../src/domain/Absurd.ts"
import type { IdTaken } from "../../src/domain/Errors.ts"
import { within } from "../../src/domain/Limit.ts"
import { MeshEvent } from "../../src/domain/MeshEvent.ts"
import * as Monotonic from "../../src/domain/Monotonic.ts"
import { isDialable, isSameAddress, type Peer, type PeerId, serverId } from "../../src/domain/Peer.ts"
import { type Epoch, type Run, runOf } from "../../src/domain/Post.ts"
import { redial, redialUnmet } from "../../src/domain/Redial.ts"
import { effectOf, type Rest } from "../../src/domain/Rest.ts"
import type { ListedPeer } from "../../src/protocol/Frame.ts"
import type { Replication } from "../LinkContract.ts"
import type { CallFailed } from "./Attempt.ts"
import type { Awakening } from "./Awakening.ts"
import * as Handshake from "./Handshake.ts"
import type { Missing } from "./Missing.ts"
import type { Node } from "./Node.ts"
import type { RateLimit } from "./RateLimit.ts"
import type { Servers } from "./Servers.ts"

/** How long a node that leaves waits for peers that it is dialling. */
const searchLimit = Duration.seconds(1)

/** A client looks for the server that it has lost for this long before it looks for others, one more each `between`. */
const ownServerFirst = Duration.seconds(2)
const between = Duration.seconds(1)

/** How many peers that others name are dialled at a time. The others wait for their turn. */
const mostMeeting = 256

/**
 * A node waits for a random time between half and one and a half of this before it dials a lost peer, so that links
 * which break together cause no storm of dials.
 */
const breath = Duration.millis(100)

/** The server is dialled from PORT1. After this many failed tries a notice says so; after more, any port is used. */
const triesUntilTold = 3
const triesFromPort = 12

/** How a peer is sought. */
interface Manner {
  /** The schedule of further dials. */
  readonly again?: typeof redial
  /** It introduced itself, and was never linked. */
  readonly ghost?: boolean
  /** The run that is sought; any if it is left out. */
  readonly run?: Run | undefined
}

/** How a peer is dialled. It may change as dials fail. */
interface Way {
  readonly route: () => Route
  readonly failed: (error: CallFailed) => Effect.Effect<void>
}

const always = ({ address }: Route): Way => ({ route: () => ({ address }), failed: () => Effect.void })

interface Needs {
  readonly rateLimit: RateLimit
  readonly awakening: Awakening
  readonly missing: Missing
  readonly replication: Replication<unknown>
  readonly servers: Servers
  /** Dials a peer once. When this returns, there is a link to it. */
  readonly call: (route: Route, to: PeerId) => Effect.Effect<void, CallFailed>
  /** This node's id belongs to another node. */
  readonly contested: (error: IdTaken) => Effect.Effect<unknown>
}

export const make = (
  { address, clock, events, isLeaving, limits, membership, peers, settings, table }: Node,
  { awakening, call, contested, missing, rateLimit, replication, servers }: Needs
) =>
  Effect.gen(function* () {
    const { searches, strays } = missing
    /** The dials to peers that were given up. */
    const rareDials = yield* FiberMap.make<PeerId, void, never>()
    /** The peers that others have named, and that have yet to be dialled: those first that were named first. */
    const waiting = new Map<PeerId, ListedPeer>()
    /** The peers that are dialled because others have named them. */
    const meeting = new Set<PeerId>()
    /** The last refusal that was reported for each peer. */
    const refusals = new Map<PeerId, MeshEvent["_tag"]>()

    const reach = (peer: Peer, { failed, route }: Way, again = redial): Effect.Effect<void> => {
      const now = (): Peer => missing.now(peer)
      return Effect.suspend(() =>
        servers.isThere(peer.id) ? Effect.void : call({ ...route(), address: now().address }, peer.id)
      ).pipe(
        Effect.tapErrorTag("IdTaken", contested),
        Effect.tapError((error) => tellOfRefusal(now(), error)),
        Effect.tapError(failed),
        Effect.retry(again),
        Effect.ignore
      )
    }

    /** Dials from a port of ours until another program has had it for long, and then from any port. */
    const fromOwnPort = ({ from, ...fromAny }: Route): Way => {
      if (from === undefined) return always(fromAny)
      let tries = 0
      return {
        route: () => (tries < triesFromPort ? { ...fromAny, from } : fromAny),
        failed: (error) =>
          Effect.suspend(() => {
            if (error._tag !== "PortTaken") return Effect.void
            tries += 1
            if (tries !== triesUntilTold && tries !== triesFromPort) return Effect.void
            events.note(
              MeshEvent.PortOccupied({ port: from, detail: error.detail, abandoned: tries === triesFromPort })
            )
            return Effect.void
          })
      }
    }

    /** Reports a lasting refusal once, until there is a link to that peer. */
    const tellOfRefusal = (sought: Peer, error: CallFailed): Effect.Effect<void> =>
      Effect.sync(() => {
        const event = refusalOf(sought, error)
        if (event === undefined || refusals.get(sought.id) === event._tag) return
        refusals.set(sought.id, event._tag)
        events.note(event)
      })

    const refusalOf = (sought: Peer, error: CallFailed): MeshEvent | undefined => {
      const claimed = () => (settings.role === "server" ? MeshEvent.Claimed({ peer: sought }) : undefined)
      switch (error._tag) {
        case "ForeignChat":
          return MeshEvent.Foreign({ sought, found: { id: error.id, role: error.role, address: error.address } })
        case "IdTaken":
          return claimed()
        case "NotAdmitted":
          return error.rival === true ? claimed() : undefined
        case "PeerUnreachable":
        case "PortTaken":
        case "NotInvited":
        case "IdLooksAlike":
          return undefined
        default:
          return absurd(error)
      }
    }

    const reachServer = (id: PeerId, route: Route): Effect.Effect<void> => {
      const server: Peer = { id, role: "server", address: route.address }
      return Effect.scoped(
        Effect.zipRight(
          missing.reachingServer(server),
          Effect.flatMap(Random.nextRange(0.5, 1.5), (share) =>
            Effect.delay(reach(server, fromOwnPort(route)), Duration.times(breath, share))
          )
        )
      )
    }

    const reachServerAt = (route: Route): Effect.Effect<void> =>
      reachServer(servers.at(route.address) ?? serverId, route)

    /**
     * Dials that server for the program, and from a moment later on others too, until there is a link to any: those that
     * servers have told of, the one linked last first, and those others that are given.
     */
    const reachAnyServer = (route: Route, others: ReadonlyArray<Route>): Effect.Effect<void> =>
      Effect.suspend(() => {
        const isSame = (one: Route, other: Route) => isSameAddress(one.address, other.address)
        const told = servers.known().filter(({ address: named }) => isDialable(named, address()))
        // The first one is dialled at once: it is missing from the step on in which it was lost.
        const [own = route, ...rest] = Arr.dedupeWith([route, ...told, ...others], isSame)
        if (rest.length === 0) return reachServerAt(own)
        const dials = rest.map((each, at) =>
          Effect.delay(reachServerAt(each), Duration.sum(ownServerFirst, Duration.times(between, at)))
        )
        return Effect.raceFirst(
          peers.until(() => table.hasServer),
          Effect.zipRight(Effect.all([reachServerAt(own), ...dials], { concurrency: "unbounded" }), Effect.never)
        )
      })

    const seek = (
      sought: Peer,
      after: Duration.Duration,
      { again = redial, ghost = false, run }: Manner = {}
    ): Effect.Effect<Fiber.RuntimeFiber<void> | undefined> =>
      Effect.suspend(() => {
        if (isLeaving() || sought.id === settings.id || sought.role === "server") return Effect.succeed(undefined)
        missing.seek(sought, run)
        if (table.links.has(sought.id)) return Effect.succeed(undefined)
        missing.misses(sought.id)
        return FiberMap.run(searches, sought.id, Effect.delay(search(sought, ghost, again), after), {
          onlyIfMissing: true
        })
      })

    /** Seeks the next of the peers that wait for their turn. */
    const meetNext = Effect.suspend(() => {
      const [next] = waiting.values()
      if (next === undefined) return Effect.void
      const { peer, run } = next
      waiting.delete(peer.id)
      return Effect.map(seek(peer, Duration.zero, { again: redialUnmet, run }), (fiber) => {
        if (fiber === undefined) return
        meeting.add(peer.id)
        fiber.addObserver(() => {
          meeting.delete(peer.id)
          peers.changed()
        })
      })
    })

    /** A peer that must not be dialled may still dial this node. */
    const search = (sought: Peer, ghost: boolean, again: typeof redial): Effect.Effect<void> =>
      Effect.suspend(() =>
        isDialable(sought.address, address()) && !rateLimit.isDropped(sought.id)
          ? reach(sought, always(sought), again)
          : peers.until(() => table.links.has(sought.id))
      ).pipe(
        Effect.timeoutTo({
          duration: ghost ? Handshake.limit : settings.patience,
          onSuccess: () => Effect.void,
          onTimeout: () => giveUp(sought, ghost)
        }),
        Effect.flatten
      )

    /** Patience has ended. A peer that is being admitted is not given up. */
    const giveUp = (sought: Peer, ghost: boolean): Effect.Effect<void> =>
      Effect.zipRight(
        peers.until(() => !table.isMeeting(sought.id)),
        Effect.flatMap(Random.next, (chance) => {
          if (table.links.has(sought.id)) return Effect.void
          missing.giveUp(sought, { ghost, met: table.isKnown(sought.id), chance })
          return Effect.map(replication.expectNoMore(sought.id), () =>
            events.note(MeshEvent.GivenUp({ peer: sought, ghost }))
          )
        })
      )

    /** Dials a peer once that was given up. */
    const dialRarely = (stray: Peer, now: number): Effect.Effect<void> =>
      Effect.flatMap(Random.next, (chance) => {
        strays.dialled(stray.id, now, chance)
        if (!membership.knows(stray.id)) return forget(stray.id)
        if (!isDialable(stray.address, address()) || rateLimit.isDropped(stray.id)) return Effect.void
        const dial = call(stray, stray.id).pipe(Effect.tapErrorTag("IdTaken", contested), Effect.ignore)
        return Effect.asVoid(FiberMap.run(rareDials, stray.id, dial, { onlyIfMissing: true }))
      })

    /** Ends the search for a peer. */
    const end = (id: PeerId): Rest => {
      missing.end(id)
      refusals.delete(id)
      return FiberMap.unsafeHas(rareDials, id) || FiberMap.unsafeHas(searches, id)
        ? Effect.zipRight(FiberMap.remove(rareDials, id), FiberMap.remove(searches, id))
        : undefined
    }

    const forget = (id: PeerId): Effect.Effect<void> =>
      effectOf(() => {
        missing.forget(id)
        return end(id)
      })

    return {
      /** Dials the server for the program until there is a link. Others may depend on its return. */
      reachServer,
      reachAnyServer,
      /** Dials the server at that address, whichever it is, until there is a link to it. */
      dialServerAt: (route: Route): Effect.Effect<void> => {
        const way = fromOwnPort(route)
        return Effect.suspend(() => call(way.route(), serverId)).pipe(
          Effect.tapError(way.failed),
          Effect.retry(redialUnmet),
          Effect.ignore
        )
      },
      /** Keeps a link to a client: dials it after that time, until there is a link or patience ends. */
      seek: (...how: Parameters<typeof seek>): Effect.Effect<void> => Effect.asVoid(seek(...how)),
      /** The same, after a short random pause. */
      seekAgain: (gone: Peer, epoch: Epoch): Effect.Effect<void> =>
        Effect.flatMap(Random.nextRange(0.5, 1.5), (share) =>
          Effect.asVoid(seek(gone, Duration.times(breath, share), { run: runOf(epoch) }))
        ),
      /**
       * Seeks peers that others name, when there is room. Returns those that this node must not dial. They have to dial
       * this node.
       */
      meet: (named: ReadonlyArray<ListedPeer>): ReadonlyArray<ListedPeer> => {
        const [undialable, dialable] = Arr.partition(named, ({ peer }) => isDialable(peer.address, address()))
        for (const each of dialable) if (waiting.size < limits.connections) waiting.set(each.peer.id, each)
        peers.changed()
        return undialable
      },
      /** Repeatedly seeks the next peer that others have named. */
      meetInTurn: Effect.forever(
        Effect.zipRight(
          peers.until(() => waiting.size > 0 && meeting.size < mostMeeting),
          meetNext
        )
      ),
      /** The peer has a link. */
      found: end,
      /** The peer is no longer missed. */
      forget,
      /** Must run each second while there are any: dials peers that were given up, rarely, and at once if they may be reachable again. */
      dialThoseGivenUp: Effect.suspend(() => {
        const hasSlept = awakening.hasSlept()
        if (strays.size === 0 || isLeaving()) return Effect.void
        const now = Monotonic.millis(clock)
        if (awakening.hasNewNetwork() || hasSlept) strays.hurryAll(now)
        return Effect.forEach(strays.due(now), (stray) => dialRarely(stray, now), { discard: true })
      }),
      /** Waits a little for peers that are being dialled: they should get the last posts. */
      untilFound: Effect.suspend(() =>
        replication.hasSpoken() ? FiberMap.awaitEmpty(searches).pipe(within(searchLimit), Effect.asVoid) : Effect.void
      ),
      /** Stops all dials. */
      stop: Effect.suspend(() => {
        waiting.clear()
        return Effect.zipRight(FiberMap.clear(searches), FiberMap.clear(rareDials))
      })
    }
  })

export type Search = Effect.Effect.Success<ReturnType<typeof make>>

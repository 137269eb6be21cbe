/**
 * The search for those who are missing: whom a node dials until there is a link, and how often. Who is sought is dialled every
 * few seconds, and others wait for it. Who was given up is dialled rarely, and nobody waits for it.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberMap from "effect/FiberMap"
import * as Random from "effect/Random"
import type { Route } from "../../services/PeerMesh.ts"
import { absurd } from "../../src/domain/Absurd.ts"
import type { IdTaken } from "../../src/domain/Errors.ts"
import { within } from "../../src/domain/Limit.ts"
import { MeshEvent } from "../../src/domain/MeshEvent.ts"
import * as Monotonic from "../../src/domain/Monotonic.ts"
import { isDialable, type Peer, type PeerId } from "../../src/domain/Peer.ts"
import type { Epoch } from "../../src/domain/Post.ts"
import { redial, redialUnmet } from "../../src/domain/Redial.ts"
import type { Replication } from "../LinkContract.ts"
import type { CallFailed } from "./Attempt.ts"
import type { Awakening } from "./Awakening.ts"
import * as Handshake from "./Handshake.ts"
import type { Missing } from "./Missing.ts"
import type { Node } from "./Node.ts"
import type { RateLimit } from "./RateLimit.ts"

/** A node that leaves waits no longer than this for those whom it is dialling. */
const searchLimit = Duration.seconds(1)

/** So many whom others name are dialled at a time: with more, those who are there dial the newcomer. */
const mostSought = 256

/** Who has lost a link takes a breath, of half to three halves of this time, so that links which break at once make no storm. */
const breath = Duration.millis(100)

/** The server is dialled from PORT1. If that is somebody else's for so many tries, that is said; after more, any port will do. */
const triesUntilTold = 3
const triesFromPort = 12

/** How somebody is sought. */
interface Manner {
  /** When it is dialled again. */
  readonly again?: typeof redial
  /** It has said its name, and never come in. */
  readonly ghost?: boolean
  /** Which run of it is sought; any if it is left out. */
  readonly epoch?: Epoch | undefined
}

/** How one is reached: it may change as dials fail. */
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
  /** Calls that peer, once: there is a link to it when this returns. */
  readonly call: (route: Route, to: PeerId) => Effect.Effect<void, CallFailed>
  /** This node's id belongs to somebody else. */
  readonly contested: (error: IdTaken) => Effect.Effect<unknown>
}

export const make = (
  { address, clock, events, isLeaving, membership, peers, settings, table }: Node,
  { awakening, call, contested, missing, rateLimit, replication }: Needs
) =>
  Effect.gen(function* () {
    const { searches, strays } = missing
    /** The dials to those who were given up. */
    const rareDials = yield* FiberMap.make<PeerId, void, never>()
    /** What was told last of those who refuse this node. */
    const refusals = new Map<PeerId, MeshEvent["_tag"]>()

    const reach = (peer: Peer, { failed, route }: Way, again = redial): Effect.Effect<void> => {
      const now = (): Peer => missing.now(peer)
      return Effect.suspend(() =>
        table.links.has(peer.id) ? Effect.void : call({ ...route(), address: now().address }, peer.id)
      ).pipe(
        Effect.tapErrorTag("IdTaken", contested),
        Effect.tapError((error) => tellOfRefusal(now(), error)),
        Effect.tapError(failed),
        Effect.retry(again),
        Effect.ignore
      )
    }

    /** From a port of ours as long as nobody else has it for long; then from any. */
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
            return events.note(
              MeshEvent.PortOccupied({ port: from, detail: error.detail, abandoned: tries === triesFromPort })
            )
          })
      }
    }

    /** A refusal that will last is told once, until there is a link to that one. */
    const tellOfRefusal = (sought: Peer, error: CallFailed): Effect.Effect<void> =>
      Effect.suspend(() => {
        const event = refusalOf(sought, error)
        if (event === undefined || refusals.get(sought.id) === event._tag) return Effect.void
        refusals.set(sought.id, event._tag)
        return events.note(event)
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

    const seek = (
      sought: Peer,
      after: Duration.Duration,
      { again = redial, epoch, ghost = false }: Manner = {}
    ): Effect.Effect<void> =>
      Effect.suspend(() => {
        if (isLeaving() || sought.id === settings.id || sought.role === "server") return Effect.void
        missing.seek(sought, epoch)
        if (table.links.has(sought.id)) return Effect.void
        missing.misses(sought.id)
        return FiberMap.run(searches, sought.id, Effect.delay(search(sought, ghost, again), after), {
          onlyIfMissing: true
        })
      })

    /** One that must not be dialled may still come by itself. */
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

    /** Patience has ended. Whoever is just coming is not given up. */
    const giveUp = (sought: Peer, ghost: boolean): Effect.Effect<void> =>
      Effect.zipRight(
        peers.until(() => !table.isMeeting(sought.id)),
        Effect.flatMap(Random.next, (chance) => {
          if (table.links.has(sought.id)) return Effect.void
          missing.giveUp(sought, { ghost, met: table.isKnown(sought.id), chance })
          return Effect.zipRight(
            replication.expectNoMore(sought.id),
            events.note(MeshEvent.GivenUp({ peer: sought, ghost }))
          )
        })
      )

    /** Dials once who was given up. */
    const dialRarely = (stray: Peer, now: number): Effect.Effect<void> =>
      Effect.flatMap(Random.next, (chance) => {
        strays.dialled(stray.id, now, chance)
        if (!membership.knows(stray.id)) return forget(stray.id)
        if (!isDialable(stray.address, address()) || rateLimit.isDropped(stray.id)) return Effect.void
        const dial = call(stray, stray.id).pipe(Effect.tapErrorTag("IdTaken", contested), Effect.ignore)
        return Effect.asVoid(FiberMap.run(rareDials, stray.id, dial, { onlyIfMissing: true }))
      })

    /** The search for that one is over. */
    const end = (id: PeerId): Effect.Effect<void> =>
      Effect.suspend(() => {
        missing.end(id)
        refusals.delete(id)
        return Effect.zipRight(FiberMap.remove(rareDials, id), FiberMap.remove(searches, id))
      })

    const forget = (id: PeerId): Effect.Effect<void> =>
      Effect.suspend(() => {
        missing.forget(id)
        return end(id)
      })

    return {
      /** For the program: to reach the server, that is, whose return others may depend on. */
      reachServer,
      /** Keeps a link to a client: dials it after that time, until there is a link or patience ends. */
      seek,
      /** The same, after a breath. */
      seekAgain: (gone: Peer, epoch: Epoch): Effect.Effect<void> =>
        Effect.flatMap(Random.nextRange(0.5, 1.5), (share) => seek(gone, Duration.times(breath, share), { epoch })),
      /** Whom others name is sought if there is room for one more, and it may be dialled. */
      meet: (named: Peer, epoch: Epoch | undefined, after: Duration.Duration): Effect.Effect<void> =>
        Effect.flatMap(FiberMap.size(searches), (sought) =>
          sought < mostSought && isDialable(named.address, address())
            ? seek(named, after, { again: redialUnmet, epoch })
            : Effect.void
        ),
      /** There is a link to that one. */
      found: end,
      /** That one is missed no more. */
      forget,
      /** To be run each second: dials those who were given up, rarely, and at once if they may be within reach again. */
      dialThoseGivenUp: Effect.suspend(() => {
        const hasSlept = awakening.hasSlept()
        if (strays.size === 0 || isLeaving()) return Effect.void
        const now = Monotonic.millis(clock)
        if (awakening.hasNewNetwork() || hasSlept) strays.hurryAll(now)
        return Effect.forEach(strays.due(now), (stray) => dialRarely(stray, now), { discard: true })
      }),
      /** Whoever is still being dialled should hear what this node has said: waits a little for them. */
      untilFound: Effect.suspend(() =>
        replication.hasSpoken() ? FiberMap.awaitEmpty(searches).pipe(within(searchLimit), Effect.asVoid) : Effect.void
      ),
      /** Nobody is dialled any more. */
      stop: Effect.zipRight(FiberMap.clear(searches), FiberMap.clear(rareDials))
    }
  })

export type Search = Effect.Effect.Success<ReturnType<typeof make>>

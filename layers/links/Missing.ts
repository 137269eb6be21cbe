/**
 * Who is missing: with whom this node should have a link, and has none. A peer is *sought* as long as patience lasts, and
 * *given up* after that. This is what is known of them; `Search` dials them.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberMap from "effect/FiberMap"
import type { Row } from "../../src/domain/LinkTable.ts"
import { MeshEvent } from "../../src/domain/MeshEvent.ts"
import * as Monotonic from "../../src/domain/Monotonic.ts"
import type { Peer, PeerId } from "../../src/domain/Peer.ts"
import type { Epoch } from "../../src/domain/Post.ts"
import { Strays } from "../../src/domain/Strays.ts"
import type { Link } from "./Link.ts"
import type { Node } from "./Node.ts"

/** Somebody who is sought for so long is not reached directly for now, and what it says meanwhile comes through others. */
const searchUntilThrough = Duration.toMillis("5 seconds")

/** Somebody with whom this node should have a link. */
export interface Sought {
  readonly peer: Peer
  /** The run that is looked for; undefined if any is. */
  readonly epoch: Epoch | undefined
}

export const make = ({ clock, events }: Node) =>
  Effect.gen(function* () {
    /** The searches for those who are sought. */
    const searches = yield* FiberMap.make<PeerId, void, never>()
    /** Those who were given up. */
    const strays = new Strays()
    /** Those who are sought, or were, and have not been given up: where each listens. */
    const wanted = new Map<PeerId, Peer>()
    /** Since when each is missing, in monotonic ms, and whether people have heard through whom it comes. */
    const missingSince = new Map<PeerId, { readonly since: number; told: boolean }>()
    /** Which run of each that is, where it is known. */
    const epochs = new Map<PeerId, Epoch>()
    /** How many are being reached who are not clients. */
    let reaching = 0

    const sought = (): ReadonlyArray<Sought> =>
      Array.from(wanted.values(), (peer) => ({ peer, epoch: epochs.get(peer.id) }))

    return {
      searches,
      strays,
      /** That peer listens there, and is sought from now on: that run of it, or any. */
      seek: (peer: Peer, epoch: Epoch | undefined): void => {
        wanted.set(peer.id, peer)
        if (epoch === undefined) epochs.delete(peer.id)
        else epochs.set(peer.id, epoch)
        strays.remove(peer.id)
      },
      /** There is no link to it. */
      misses: (id: PeerId): void => {
        if (!missingSince.has(id)) missingSince.set(id, { since: Monotonic.millis(clock), told: false })
      },
      /** Patience has ended. `ghost`: it was never here, so nobody need look for it any more. */
      giveUp: (peer: Peer, how: { readonly ghost: boolean; readonly met: boolean; readonly chance: number }): void => {
        wanted.delete(peer.id)
        const forgotten = how.ghost ? peer.id : strays.add(peer, how.met, Monotonic.millis(clock), how.chance)
        if (forgotten !== undefined) missingSince.delete(forgotten)
      },
      /** It is there, or is missed no more. */
      end: (id: PeerId): void => {
        strays.remove(id)
        missingSince.delete(id)
      },
      /** It need not be sought any more. */
      forget: (id: PeerId): void => {
        wanted.delete(id)
      },
      /** What is known now of a peer that is sought. */
      now: (peer: Peer): Peer => wanted.get(peer.id) ?? peer,
      /** The server is being reached, until the scope closes; it listens there unless another place is known. */
      reachingServer: (server: Peer) =>
        Effect.acquireRelease(
          Effect.sync(() => {
            reaching += 1
            if (!wanted.has(server.id)) wanted.set(server.id, server)
          }),
          () =>
            Effect.sync(() => {
              reaching -= 1
            })
        ),
      isServerAway: (): boolean => reaching > 0,
      withinPatience: FiberMap.size(searches),
      /** Those who have been sought, and not been given up. */
      sought,
      /** The same, and those who were given up. */
      all: (): ReadonlyArray<Sought> => [
        ...sought(),
        ...strays.peers.map((peer) => ({ peer, epoch: epochs.get(peer.id) }))
      ],
      isHeard: (id: PeerId): void => {
        if (strays.size > 0) strays.hear(id, Monotonic.millis(clock))
      },
      /** Those who were given up, and are heard through others since then. */
      heardThoughGivenUp: (): ReadonlyArray<Peer> => strays.heard,
      /**
       * Whether people should hear by which way a post came over that link: its author was sought, and the link was up, for
       * so long that the post was said meanwhile. No clock of the author's is looked at.
       */
      comesThrough: (link: Pick<Link, "upSince">, id: PeerId): boolean => {
        const missed = missingSince.size === 0 ? undefined : missingSince.get(id)
        if (missed === undefined || missed.told) return false
        return Monotonic.millis(clock) > Math.max(missed.since, link.upSince) + searchUntilThrough
      },
      /** Says by which way that post came. */
      tellThrough: ({ peer: by }: Row, id: PeerId): Effect.Effect<void> =>
        Effect.suspend(() => {
          const missed = missingSince.get(id)
          if (missed !== undefined) missed.told = true
          return events.note(MeshEvent.Through({ id, by }))
        })
    }
  })

export type Missing = Effect.Effect.Success<ReturnType<typeof make>>

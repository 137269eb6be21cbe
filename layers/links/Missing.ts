/**
 * Missing peers: this node should have a link to them, and has none. A peer is *sought* while patience lasts, and
 * *given up* afterwards. This part knows them; `Search` dials them.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberMap from "effect/FiberMap"
import type { Row } from "../../src/domain/LinkTable.ts"
import { MeshEvent } from "../../src/domain/MeshEvent.ts"
import * as Monotonic from "../../src/domain/Monotonic.ts"
import type { Peer, PeerId } from "../../src/domain/Peer.ts"
import { authorOf, type Run, type StreamId } from "../../src/domain/Post.ts"
import { Strays } from "../../src/domain/Strays.ts"
import type { Link } from "./Link.ts"
import type { Node } from "./Node.ts"

/** After this time a sought peer counts as not reachable directly, and its posts come through others. */
const searchUntilThrough = Duration.toMillis("5 seconds")

/** A peer that this node should be linked with. */
export interface Sought {
  readonly peer: Peer
  /** The run that is looked for; undefined if any is. */
  readonly run: Run | undefined
}

export const make = ({ clock, events, settings, stir, table }: Node) =>
  Effect.gen(function* () {
    /** The searches for sought peers. */
    const searches = yield* FiberMap.make<PeerId, void, never>()
    /** The peers that were given up. */
    const strays = new Strays()
    /** The addresses of the peers that are or were sought, and have not been given up. */
    const wanted = new Map<PeerId, Peer>()
    /**
     * Since when each peer is missing, in monotonic ms, and whether people were told through which peer its posts come.
     */
    const missingSince = new Map<PeerId, { readonly since: number; told: boolean }>()
    /** The run of each missing peer, if it is known. */
    const runs = new Map<PeerId, Run>()
    /** How many servers are being dialled. */
    let reaching = 0

    /** Whether this client has a link to a server. */
    const isServed = (): boolean => settings.role === "client" && table.hasServer

    const sought = (): ReadonlyArray<Sought> =>
      Array.from(wanted.values(), (peer) => ({ peer, run: runs.get(peer.id) }))

    return {
      /** Whether a peer of that id is sought. */
      isSought: (id: PeerId): boolean => wanted.has(id),
      /** The peer of that id that is sought, or was given up. */
      wantedAs: (id: PeerId): Peer | undefined => wanted.get(id) ?? strays.peers.find((peer) => peer.id === id),
      searches,
      strays,
      /** Begins to seek a peer at that address: that run of it, or any. */
      seek: (peer: Peer, run: Run | undefined): void => {
        wanted.set(peer.id, peer)
        if (run === undefined) runs.delete(peer.id)
        else runs.set(peer.id, run)
        strays.remove(peer.id)
      },
      /** The peer has no link. */
      misses: (id: PeerId): void => {
        if (missingSince.has(id)) return
        missingSince.set(id, { since: Monotonic.millis(clock), told: false })
        stir()
      },
      /** Patience has ended. `ghost`: the peer was never linked, so it need not be looked for any more. */
      giveUp: (peer: Peer, how: { readonly ghost: boolean; readonly met: boolean; readonly chance: number }): void => {
        wanted.delete(peer.id)
        const forgotten = how.ghost ? peer.id : strays.add(peer, how.met, Monotonic.millis(clock), how.chance)
        if (forgotten === undefined) return
        missingSince.delete(forgotten)
        runs.delete(forgotten)
      },
      /** The peer is there, or no longer missed. */
      end: (id: PeerId): void => {
        strays.remove(id)
        missingSince.delete(id)
        if (!wanted.has(id)) runs.delete(id)
      },
      /** The peer need not be sought any more. */
      forget: (id: PeerId): void => {
        wanted.delete(id)
      },
      /** The latest address of a sought peer. */
      now: (peer: Peer): Peer => wanted.get(peer.id) ?? peer,
      /** The server is being dialled until the scope closes. It listens at that address unless another one is known. */
      reachingServer: (server: Peer) =>
        Effect.acquireRelease(
          Effect.sync(() => {
            reaching += 1
            if (!wanted.has(server.id)) wanted.set(server.id, server)
          }),
          () =>
            Effect.sync(() => {
              reaching -= 1
              // Another server was reached in its place.
              if (isServed()) wanted.delete(server.id)
            })
        ),
      isServerAway: (): boolean => reaching > 0,
      /** Whether a client is missing that this node looks for, or has given up. */
      isAny: (): boolean => missingSince.size > 0,
      withinPatience: FiberMap.size(searches),
      /** The sought peers that have not been given up. */
      sought,
      /** The same, and the peers that were given up. */
      all: (): ReadonlyArray<Sought> => [
        ...sought(),
        ...strays.peers.map((peer) => ({ peer, run: runs.get(peer.id) }))
      ],
      isHeard: (id: PeerId): void => {
        if (strays.size > 0) strays.hear(id, Monotonic.millis(clock))
      },
      /** The peers that were given up, and whose posts come through others since then. */
      heardThoughGivenUp: (): ReadonlyArray<Peer> => strays.heard,
      /**
       * Whether to tell people that a post came over that link in place of a direct one: its author was missing, and
       * the link was up, for so long that the post was said meanwhile. The author's clock is not used.
       */
      comesThrough: (link: Pick<Link, "upSince">, stream: StreamId): boolean => {
        const missed = missingSince.size === 0 ? undefined : missingSince.get(authorOf(stream))
        if (missed === undefined || missed.told) return false
        return Monotonic.millis(clock) > Math.max(missed.since, link.upSince) + searchUntilThrough
      },
      /** Reports through which peer the post came. */
      tellThrough: ({ peer: by }: Row, id: PeerId): void => {
        const missed = missingSince.get(id)
        if (missed !== undefined) missed.told = true
        events.note(MeshEvent.Through({ id, by }))
      }
    }
  })

export type Missing = Effect.Effect.Success<ReturnType<typeof make>>

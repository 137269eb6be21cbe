/**
 * Which nodes have left for good: peers ask each other about nodes that they can't find, and answer which of them said
 * goodbye.
 */
import * as Arr from "effect/Array"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Monotonic from "../../src/domain/Monotonic.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import { type Epoch, type Run, runOf } from "../../src/domain/Post.ts"
import { type Control, type Left, type Missing, partsOf } from "../../src/protocol/Frame.ts"
import type { Link } from "./Link.ts"
import type { Sought } from "./Missing.ts"
import type { Node } from "./Node.ts"
import type { RateLimit } from "./RateLimit.ts"
import * as Wire from "./Wire.ts"

/** For how many ids the last run that said goodbye is remembered. */
const mostRemembered = 1_024

/** A missing node is asked about after `firstAsked`, and then at intervals that double up to `mostBetween`. */
const firstAsked = Duration.toMillis("1 second")
const mostBetween = Duration.toMillis("1 minute")

/**
 * How many peers are asked in one go, and about how many nodes. Otherwise, with many of both, each question would go to
 * all.
 */
const mostAsked = 8
const mostMissing = 64

interface Needs {
  readonly rateLimit: RateLimit
  /** The nodes that this node looks for, including those that it has given up. */
  readonly missing: () => ReadonlyArray<Sought>
  /** A node has left: ends the search for it. */
  readonly gone: (sought: Sought) => Effect.Effect<void>
}

export const make = ({ clock, membership, table }: Node, { gone, missing, rateLimit }: Needs) => {
  /** The last run of each id that has said goodbye, here or to others, in the order in which this node heard of it. */
  const departed = new Map<PeerId, Epoch>()
  /** When to ask next about each missing node, in monotonic ms, and the present interval. */
  const asking = new Map<PeerId, { readonly next: number; readonly between: number }>()

  const remember = (id: PeerId, epoch: Epoch): void => {
    departed.delete(id)
    departed.set(id, epoch)
    const [oldest] = departed.size > mostRemembered ? departed.keys() : []
    if (oldest !== undefined) departed.delete(oldest)
  }

  const hasLeft = (id: PeerId, run: Run | undefined): boolean => {
    const last = departed.get(id)
    return last !== undefined && (run === undefined || run === runOf(last)) && table.links.get(id)?.epoch !== last
  }

  /** The missing nodes to ask about now. */
  const due = (): ReadonlyArray<Sought> => {
    const now = Monotonic.millis(clock)
    const looked = missing().filter(({ peer: { id, role } }) => role !== "server" && !table.links.has(id))
    const ids = new Set(looked.map(({ peer }) => peer.id))
    for (const id of asking.keys()) if (!ids.has(id)) asking.delete(id)
    for (const id of ids) {
      if (!asking.has(id)) asking.set(id, { next: now + firstAsked, between: firstAsked })
    }
    return looked.filter(({ peer }) => (asking.get(peer.id)?.next ?? 0) <= now).slice(0, mostMissing)
  }

  const askAbout = (asked: ReadonlyArray<Sought>, whom: () => ReadonlyArray<Link>): Effect.Effect<void> => {
    const links = asked.length === 0 ? [] : whom()
    if (links.length === 0) return Effect.void
    const now = Monotonic.millis(clock)
    for (const { peer } of asked) {
      const between = Math.min(mostBetween, 2 * (asking.get(peer.id)?.between ?? firstAsked))
      asking.set(peer.id, { next: now + between, between })
    }
    const peers = asked.map(({ peer: { id }, run }) => (run === undefined ? { id } : { id, run }))
    return Effect.sync(() => Wire.putTo(links, [{ type: "missing", peers }]))
  }

  /** The links to nodes of this site: who is missing here is missed at no other. */
  const nearLinks = (): ReadonlyArray<Link> => [...table.links.values()].filter(({ isFar }) => !isFar)

  const serverLinks = (): ReadonlyArray<Link> => nearLinks().filter(({ peer }) => peer.role === "server")

  /** The peers to ask: servers, which meet everybody, and some of the others. */
  const someLinks = (): ReadonlyArray<Link> => {
    const links = nearLinks()
    const servers = serverLinks()
    const clients = links.filter(({ peer }) => peer.role !== "server")
    const from = clients.length === 0 ? 0 : turn % clients.length
    turn += mostAsked
    return [...servers, ...[...clients, ...clients].slice(from, from + clients.length)].slice(0, mostAsked)
  }
  /** Selects the peers to ask next. */
  let turn = 0

  return {
    /** Whether that run is known to have left. */
    hasLeft,
    /** The peer has said goodbye. */
    heardGoodbye: (link: Link): void => remember(link.peer.id, link.epoch),
    /**
     * Asks about nodes that could not be found. Of those that were never met, a server knows best: when many join at
     * once, the others are not asked by all of them.
     */
    ask: Effect.suspend(() => {
      const [unmet, met] = Arr.partition(due(), ({ peer }) => table.isKnown(peer.id))
      const servers = serverLinks()
      if (servers.length === 0) return askAbout([...met, ...unmet], someLinks)
      return Effect.zipRight(
        askAbout(met, someLinks),
        askAbout(unmet, () => servers)
      )
    }),
    /** A peer looks for these nodes: tells it which of them have left. */
    heardMissing: (link: Link, { peers }: Missing): Effect.Effect<void> =>
      Effect.suspend(() => {
        rateLimit.charge(link, "named", peers.length)
        const left: Control[] = partsOf(
          peers.flatMap(({ id, run }) => {
            const last = departed.get(id)
            return last !== undefined && hasLeft(id, run) ? [{ id, epoch: last }] : []
          })
        ).flatMap((part): ReadonlyArray<Control> => (part.length === 0 ? [] : [{ type: "left", peers: part }]))
        return left.length === 0 ? Effect.void : link.send(...left)
      }),
    /**
     * A peer says that these runs have left. Ignored for nodes that have a link, and for nodes that this node does not
     * look for.
     */
    heardLeft: (link: Link, { peers }: Left): Effect.Effect<void> =>
      Effect.suspend(() => {
        rateLimit.charge(link, "named", peers.length)
        const runs = new Map(peers.map(({ epoch, id }) => [id, epoch]))
        return Effect.forEach(
          missing(),
          (each) => {
            const { peer, run } = each
            const last = runs.get(peer.id)
            if (last === undefined || (run !== undefined && run !== runOf(last))) return Effect.void
            if (table.links.has(peer.id) || !membership.knows(peer.id)) return Effect.void
            remember(peer.id, last)
            return gone(each)
          },
          { discard: true }
        )
      })
  }
}

export type Departures = ReturnType<typeof make>

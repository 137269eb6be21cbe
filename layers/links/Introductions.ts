/** Introductions: lists of peers, sent and received. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { isCurrent } from "../../src/domain/LinkTable.ts"
import type { Peer, PeerId } from "../../src/domain/Peer.ts"
import type { Epoch } from "../../src/domain/Post.ts"
import { encodeListed, encodeLists, type Listed, named, naming } from "../../src/protocol/Frame.ts"
import type { Link } from "./Link.ts"
import type { Node } from "./Node.ts"
import type { RateLimit } from "./RateLimit.ts"

/** A newcomer is expected to dial first. It is dialled after a random time between half and one and a half of this. */
const courtesy = Duration.seconds(1)

/**
 * Newcomers are collected for this long before all are told about them, in ms: when a server is back, all clients come
 * at once. The more there are to tell, the longer: telling 4,000 takes some 60 ms.
 */
const gathering = (clients: number): number => Math.min(100, Math.max(10, clients / 20))

const unlisted = (each: Listed): Peer => ({ ...named(each), address: { host: each.host, port: each.port } })

const listed = ({ epoch, peer }: Link): string => encodeListed({ ...naming(peer), ...peer.address, epoch })

interface Needs {
  readonly rateLimit: RateLimit
  /** Keeps a link to a peer that others name, from that time on. */
  readonly meet: (named: Peer, epoch: Epoch | undefined, after: Duration.Duration) => Effect.Effect<void>
  /** Whether a run is known to have left. A peer that names it may not know that yet. */
  readonly hasLeft: (id: PeerId, epoch: Epoch | undefined) => boolean
}

export const make = ({ membership, peers, table }: Node, { hasLeft, meet, rateLimit }: Needs) => {
  /** Newcomers that the others were not told about yet. */
  let introduced: Array<Link> = []
  /** How each peer is listed. */
  const listings = new WeakMap<Link, string>()

  /** The frames that list these peers. */
  const listing = (type: "roster" | "introduce", links: ReadonlyArray<Link>): ReadonlyArray<Uint8Array> =>
    encodeLists(
      type,
      links.map((link) => {
        const known = listings.get(link)
        if (known !== undefined) return known
        const made = listed(link)
        listings.set(link, made)
        return made
      })
    )

  const clients = (): ReadonlyArray<Link> => [...table.links.values()].filter(({ peer }) => peer.role !== "server")

  /**
   * Looks for the peers that a peer lists, each after some time. Skips peers that the server does not vouch for, and
   * peers with a wrong role.
   */
  const seekAll = (
    link: Link,
    all: ReadonlyArray<Listed>,
    after: Effect.Effect<Duration.Duration>
  ): Effect.Effect<void> => {
    rateLimit.charge(link, "named", all.length)
    return Effect.forEach(
      all,
      (each) =>
        membership.knows(each.id) &&
        membership.hasRole(named(each)) &&
        !(each.epoch !== undefined && hasLeft(each.id, each.epoch))
          ? Effect.flatMap(after, (duration) => meet(unlisted(each), each.epoch, duration))
          : Effect.void,
      { discard: true }
    )
  }

  return {
    /** A peer lists members: they wait to be dialled. */
    heardRoster: (link: Link, all: ReadonlyArray<Listed>): Effect.Effect<void> =>
      seekAll(link, all, Effect.succeed(Duration.zero)),
    /** A peer lists newcomers. */
    heardOfNewcomers: (link: Link, all: ReadonlyArray<Listed>): Effect.Effect<void> =>
      seekAll(
        link,
        all,
        Effect.map(Random.nextRange(0.5, 1.5), (share) => Duration.times(courtesy, share))
      ),
    /** Sends the peer a roster. The others are told about it soon. */
    introduce: (link: Link): void => {
      if (link.peer.role === "server") return link.put({ type: "roster", peers: [] })
      if (!link.passing) introduced.push(link)
      peers.changed()
      link.putLines(
        listing(
          "roster",
          clients().filter((other) => other !== link && !other.passing)
        )
      )
    },
    /** Repeatedly tells all peers about the newcomers of the last moment. All get the same list, the newcomers too. */
    tellOfNewcomers: Effect.forever(
      peers
        .until(() => introduced.length > 0)
        .pipe(
          Effect.zipRight(Effect.suspend(() => Effect.sleep(gathering(table.links.size)))),
          Effect.zipRight(
            Effect.sync(() => {
              const here = introduced.filter(isCurrent)
              introduced = []
              if (here.length === 0) return
              const lines = listing("introduce", here)
              for (const link of clients()) link.putLines(lines)
            })
          )
        )
    )
  }
}

export type Introductions = ReturnType<typeof make>

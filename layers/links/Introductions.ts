/** Introductions: lists of peers, sent and received. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { isCurrent } from "../../src/domain/LinkTable.ts"
import type { Peer, PeerId } from "../../src/domain/Peer.ts"
import type { Epoch } from "../../src/domain/Post.ts"
import {
  encodeListed,
  encodeLists,
  type Listed,
  type Missing,
  named,
  naming,
  partsOf
} from "../../src/protocol/Frame.ts"
import type { Link } from "./Link.ts"
import type { Node } from "./Node.ts"
import type { RateLimit } from "./RateLimit.ts"

/** Those that look for a peer are collected for this long before it is told about them: with many links, many do. */
const gathering = Duration.millis(100)

/** A peer that others name, and the run of it that they mean. */
interface NamedPeer {
  readonly peer: Peer
  readonly epoch: Epoch | undefined
}

const unlisted = (each: Listed): NamedPeer => ({
  peer: { ...named(each), address: { host: each.host, port: each.port } },
  epoch: each.epoch
})

const listed = ({ epoch, peer }: Link): string => encodeListed({ ...naming(peer), ...peer.address, epoch })

interface Needs {
  readonly rateLimit: RateLimit
  /** Keeps a link to peers that others name, from now on. Returns those that this node must not dial. */
  readonly meet: (named: ReadonlyArray<NamedPeer>) => ReadonlyArray<NamedPeer>
  /** Whether a run is known to have left. A peer that names it may not know that yet. */
  readonly hasLeft: (id: PeerId, epoch: Epoch | undefined) => boolean
}

export const make = ({ membership, peers, table }: Node, { hasLeft, meet, rateLimit }: Needs) => {
  /** How each peer is listed. */
  const listings = new WeakMap<Link, string>()
  /** The peers that somebody looks for, and who does, that were not told about each other yet. */
  const seekers = new Map<Link, Set<Link>>()
  /** For each peer that others looked for: those that it was told about. */
  const told = new WeakMap<Link, WeakSet<Link>>()

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

  const isListed = (link: Link): boolean => link.peer.role !== "server" && !link.passing

  /** Whether a peer should be told where that one listens: it was not told before. */
  const mayTell = (link: Link, seeker: Link): boolean => {
    const before = told.get(link) ?? new WeakSet()
    told.set(link, before)
    if (before.has(seeker)) return false
    before.add(seeker)
    return true
  }

  /**
   * Looks for the peers that a peer lists. Skips peers that the server does not vouch for, and peers with a wrong role.
   * Returns those that this node must not dial.
   */
  const seekAll = (link: Link, all: ReadonlyArray<Listed>): ReadonlyArray<NamedPeer> => {
    rateLimit.charge(link, "named", all.length)
    return meet(
      all
        .map(unlisted)
        .filter(
          ({ epoch, peer }) =>
            membership.knows(peer.id) && membership.hasRole(peer) && !(epoch !== undefined && hasLeft(peer.id, epoch))
        )
    )
  }

  return {
    /** A peer lists members: they wait to be dialled. Those that this node must not dial are to dial it. */
    heardRoster: (link: Link, all: ReadonlyArray<Listed>): void => {
      const missing = seekAll(link, all).filter(({ peer }) => !table.links.has(peer.id))
      if (missing.length === 0) return
      for (const part of partsOf(missing)) {
        link.put({
          type: "missing",
          peers: part.map(({ epoch, peer: { id } }) => (epoch === undefined ? { id } : { id, epoch }))
        })
      }
    },
    /** A peer lists others that look for this node, and can't reach it. */
    heardOfSeekers: (link: Link, all: ReadonlyArray<Listed>): void => {
      seekAll(link, all)
    },
    /** A peer can't find these. They are told about it soon, each once. */
    heardMissing: (link: Link, all: Missing["peers"]): void => {
      if (!isListed(link)) return
      for (const { epoch, id } of all) {
        const other = table.links.get(id)
        if (other === undefined || other === link || !isListed(other)) continue
        if ((epoch !== undefined && epoch !== other.epoch) || !mayTell(other, link)) continue
        const looking = seekers.get(other) ?? new Set()
        seekers.set(other, looking.add(link))
      }
      if (seekers.size > 0) peers.changed()
    },
    /** Sends the peer a roster of all others. It dials them: so they need not be told about it. */
    introduce: (link: Link): void =>
      link.putLines(
        listing(
          "roster",
          link.peer.role === "server"
            ? []
            : [...table.links.values()].filter((other) => other !== link && isListed(other))
        )
      ),
    /** Repeatedly tells peers who has looked for them in the last moment. */
    tellOfSeekers: Effect.forever(
      peers
        .until(() => seekers.size > 0)
        .pipe(
          Effect.zipRight(Effect.sleep(gathering)),
          Effect.zipRight(
            Effect.sync(() => {
              for (const [link, looking] of seekers) {
                const here = [...looking].filter(isCurrent)
                if (isCurrent(link) && here.length > 0) link.putLines(listing("introduce", here))
              }
              seekers.clear()
            })
          )
        )
    )
  }
}

export type Introductions = ReturnType<typeof make>

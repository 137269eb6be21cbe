/** Introductions: lists of peers, sent and received. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { isCurrent } from "../../src/domain/LinkTable.ts"
import { hasRole, type PeerId } from "../../src/domain/Peer.ts"
import { type Run, runOf } from "../../src/domain/Post.ts"
import { encodeList, type ListedPeer, type Missing, partsOf } from "../../src/protocol/Frame.ts"
import type { Link } from "./Link.ts"
import { Listing, listed } from "./Listing.ts"
import type { Node } from "./Node.ts"
import type { RateLimit } from "./RateLimit.ts"

/** Those that look for a peer are collected for this long before it is told about them: with many links, many do. */
const gathering = Duration.millis(100)

interface Needs {
  readonly rateLimit: RateLimit
  /** Keeps a link to peers that others name, from now on. Returns those that this node must not dial. */
  readonly meet: (named: ReadonlyArray<ListedPeer>) => ReadonlyArray<ListedPeer>
  /** Whether a run is known to have left. A peer that names it may not know that yet. */
  readonly hasLeft: (id: PeerId, run: Run) => boolean
}

export const make = ({ membership, peers, table }: Node, { hasLeft, meet, rateLimit }: Needs) => {
  const listing = new Listing()
  /** The peers that somebody looks for, and who does, that were not told about each other yet. */
  const seekers = new Map<Link, Set<Link>>()
  /** For each peer that others looked for: those that it was told about. */
  const told = new WeakMap<Link, WeakSet<Link>>()

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
  const seekAll = (link: Link, all: ReadonlyArray<ListedPeer>): ReadonlyArray<ListedPeer> => {
    rateLimit.charge(link, "named", all.length)
    return meet(all.filter(({ peer, run }) => membership.knows(peer.id) && hasRole(peer) && !hasLeft(peer.id, run)))
  }

  return {
    /** A peer lists members: they wait to be dialled. Those that this node must not dial are to dial it. */
    heardRoster: (link: Link, all: ReadonlyArray<ListedPeer>): void => {
      const missing = seekAll(link, all).filter(({ peer }) => !table.links.has(peer.id))
      if (missing.length === 0) return
      for (const part of partsOf(missing)) {
        link.put({ type: "missing", peers: part.map(({ peer: { id }, run }) => ({ id, run })) })
      }
    },
    /** A peer lists others that look for this node, and can't reach it. */
    heardOfSeekers: (link: Link, all: ReadonlyArray<ListedPeer>): void => {
      seekAll(link, all)
    },
    /** A peer can't find these. They are told about it soon, each once. */
    heardMissing: (link: Link, all: Missing["peers"]): void => {
      if (!isListed(link)) return
      for (const { id, run } of all) {
        const other = table.links.get(id)
        if (other === undefined || other === link || !isListed(other)) continue
        if ((run !== undefined && run !== runOf(other.epoch)) || !mayTell(other, link)) continue
        const looking = seekers.get(other) ?? new Set()
        seekers.set(other, looking.add(link))
      }
      if (seekers.size > 0) peers.changed()
    },
    /** The link has come up. */
    came: (link: Link): void => {
      if (isListed(link)) listing.add(link)
    },
    /** The link has ended. */
    went: (link: Link): void => listing.remove(link),
    /** Sends the peer a roster of all others. It dials them: so they need not be told about it. */
    introduce: (link: Link): void =>
      link.putLines(link.peer.role === "server" ? [encodeList("roster", [])] : listing.framesWithout(link.peer.id)),
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
                if (!isCurrent(link) || here.length === 0) continue
                link.putLines(partsOf(here.map(listed)).map((part) => encodeList("introduce", part)))
              }
              seekers.clear()
            })
          )
        )
    )
  }
}

export type Introductions = ReturnType<typeof make>

/** Runs of long ago, of which peers know no more than how many lines they had: who lacks some of those lines hears it. */
import * as Effect from "effect/Effect"
import type { Mark } from "../../services/MessageLog.ts"
import { covers, mainRoom, type Room, roomIn, type StreamId, streamOf, unfolded } from "../../src/domain/Post.ts"
import type { Control, Folded } from "../../src/protocol/Frame.ts"
import type { Link } from "../links/Link.ts"
import type { Node } from "../links/Node.ts"
import type { Replicator } from "./Replicator.ts"

/** What a peer has that this node lacks may still come, as long as not so many offers have passed without a question. */
const ticksUntilTold = 5
const ticksUntilToldWithoutServer = 30

interface Needs {
  readonly replicator: Replicator
}

const streamIn = ({ epoch, peer }: Link): StreamId => streamOf(peer.id, mainRoom, epoch)

export const make = ({ limits, log, table }: Node, { replicator }: Needs) => {
  /** The streams of so many runs that were lost, or are somewhere else, are spared: `mostNamed` has room for them. */
  const mostElsewhere = limits.streams / 4
  /** Runs that have no link to this node and may come back, those last that were heard of last. */
  const elsewhere = new Set<StreamId>()

  const expect = (stream: StreamId): void => {
    log.spare(stream)
    elsewhere.delete(stream)
    elsewhere.add(stream)
    const [oldest] = elsewhere.size > mostElsewhere ? elsewhere : []
    if (oldest === undefined) return
    elsewhere.delete(oldest)
    log.spareNoMore(oldest)
  }

  /**
   * How many lines of a room the peer has folded away, or lists of what this node has folded away, beyond those that this node
   * had: what each lists that the other has folded away counts on both sides, so only what never came here is left.
   */
  const lackingIn = (room: Room, { folds, listing = new Map() }: Link, summary: Iterable<Mark>): number => {
    const theirs = folds.get(room) ?? unfolded
    const own = log.folds().get(room) ?? unfolded
    let lacking = theirs.lines - own.lines
    for (const [stream, n] of listing) {
      if (roomIn(stream) === room && log.have(stream) === Number.POSITIVE_INFINITY) lacking += n
    }
    for (const [stream, n] of summary) {
      const isFoldedThere = roomIn(stream) === room && !listing.has(stream) && covers(theirs, stream)
      if (isFoldedThere && stream !== log.stream) lacking -= n
    }
    return lacking
  }

  /** Compares what a peer has with what this node has, now that nothing more is to come from it. */
  const compare = (link: Link): Effect.Effect<void> =>
    Effect.suspend(() => {
      const { folds, summary } = log.listing()
      const rooms = [...new Set([...link.folds.keys(), ...folds.keys()])]
      const lacking = rooms
        .map((room) => [room, lackingIn(room, link, summary)] as const)
        .filter(([, count]) => count > 0)
      return Effect.forEach(lacking, ([room, count]) => log.forgo(room, count), { discard: true })
    })

  return {
    /** The peer has folded that away; what it lists comes next. */
    heard: (link: Link, { lines, room, upTo }: Folded): void => {
      if (link.isListed) link.listing = undefined
      link.isListed = false
      link.listing ??= new Map()
      link.folds.set(room, { upTo, lines })
    },
    /** The peer lists these streams, and more if that is so. */
    heardOf: (link: Link, marks: ReadonlyArray<Mark>, more: boolean): void => {
      if (link.listing === undefined || link.isListed) return
      for (const [stream, n] of marks) link.listing.set(stream, n)
      link.isListed = !more
      link.calmTicks = 0
    },
    /**
     * That run is here: what it says is no line of long ago, however long it has been silent. Nor is what those say whom the peer
     * spares, though it could fold them away.
     */
    begins: (link: Link): void => {
      for (const stream of link.listing?.keys() ?? []) {
        const fold = link.folds.get(roomIn(stream))
        if (fold !== undefined && covers(fold, stream)) expect(stream)
      }
      elsewhere.delete(streamIn(link))
      log.meet(streamIn(link), link.theirs.get(streamIn(link)) ?? 0)
    },
    /** The link is up: what the peer lists is of use only if something is folded away. */
    cameUp: (link: Link): void => {
      if (link.folds.size + log.folds().size === 0) link.listing = undefined
    },
    /** That run has left, or was lost, and may come back. */
    ended: (link: Link, isLost: boolean): void => {
      if (isLost) expect(streamIn(link))
      else log.spareNoMore(streamIn(link))
    },
    /** Once a second: says what of long ago was missed, when nobody is left who could bring it. */
    tellWhatIsMissed: Effect.gen(function* () {
      const waiting = [...table.links.values()].filter(({ isListed, listing }) => isListed && listing !== undefined)
      if (waiting.length === 0) return
      const calm = yield* replicator.isCalm
      for (const link of waiting) {
        link.calmTicks = calm ? link.calmTicks + 1 : 0
        if (link.calmTicks <= (replicator.isServerAway() ? ticksUntilToldWithoutServer : ticksUntilTold)) continue
        yield* compare(link)
        link.listing = undefined
        link.isListed = false
      }
    })
  }
}

export type Folds = ReturnType<typeof make>

/** What a node tells of what it has folded away, before it lists what it has not. */
export const framesOf = (folds: ReturnType<Node["log"]["folds"]>): ReadonlyArray<Control> =>
  Array.from(folds, ([room, fold]) => ({ type: "folded", room, ...fold }))

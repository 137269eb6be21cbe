/** Runs of long ago, of which peers know no more than how many lines they had: who lacks some of those lines hears it. */
import * as Effect from "effect/Effect"
import type { Mark } from "../../src/domain/EncodedPost.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import {
  covers,
  type Epoch,
  epochOf,
  type Fold,
  millisOf,
  type Room,
  roomIn,
  type StreamId,
  streamOf,
  unfolded
} from "../../src/domain/Post.ts"
import type { Control, Folded } from "../../src/protocol/Frame.ts"
import type { Gone } from "./Gone.ts"
import type { Ground, Link } from "./Ground.ts"
import { type Listing, noListing } from "./Replica.ts"

/** What a peer has that this node lacks may still come, as long as not so many offers have passed without a question. */
const ticksUntilTold = 5
const ticksUntilToldWithoutServer = 30

interface Needs {
  readonly gone: Gone
}

export const make = ({ clock, limits, links, log, oldRuns }: Ground, { gone }: Needs) => {
  /** The streams of so many runs that were lost, or are somewhere else, are spared: `mostNamed` has room for them. */
  const mostElsewhere = limits.streams / 4
  /** Runs that have no link to this node and may come back, those last that were heard of last. */
  const elsewhere = new Set<StreamId>()

  /** The streams of what the peer says in the rooms of both. */
  const streamsOf = ({ epoch, peer, rooms }: Link): ReadonlyArray<StreamId> =>
    [...log.rooms].filter((room) => rooms.has(room)).map((room) => streamOf(peer.id, room, epoch))

  const expect = (stream: StreamId): void => {
    oldRuns.spare(stream)
    elsewhere.delete(stream)
    elsewhere.add(stream)
    const [oldest] = elsewhere.size > mostElsewhere ? elsewhere : []
    if (oldest === undefined) return
    elsewhere.delete(oldest)
    oldRuns.spareNoMore(oldest)
  }

  /**
   * How many lines of a room the peer has folded away, or lists of what this node has folded away, beyond those that this node
   * had: what each lists that the other has folded away counts on both sides, so only what never came here is left.
   */
  const lackingIn = (room: Room, { folds, streams = new Map() }: Listing, summary: Iterable<Mark>): number => {
    const theirs = folds.get(room) ?? unfolded
    const own = oldRuns.folds().get(room) ?? unfolded
    let lacking = theirs.lines - own.lines
    for (const [stream, n] of streams) {
      if (roomIn(stream) === room && log.have(stream) === Number.POSITIVE_INFINITY) lacking += n
    }
    for (const [stream, n] of summary) {
      const isFoldedThere = roomIn(stream) === room && !streams.has(stream) && covers(theirs, stream)
      if (isFoldedThere && !log.isOwn(stream)) lacking -= n
    }
    return lacking
  }

  /** Compares what a peer has with what this node has, now that nothing more is to come from it. */
  const compare = (listing: Listing): Effect.Effect<void> =>
    Effect.suspend(() => {
      const { folds, summary } = log.listing()
      const rooms = [...new Set([...listing.folds.keys(), ...folds.keys()])]
      const lacking = rooms
        .map((room) => [room, lackingIn(room, listing, summary)] as const)
        .filter(([, count]) => count > 0)
      return Effect.forEach(lacking, ([room, count]) => oldRuns.forgo(room, count), { discard: true })
    })

  return {
    /** The peer has folded that away; what it lists comes next. */
    heard: ({ replica }: Link, { lines, room, upTo }: Folded): void => {
      if (!log.rooms.has(room)) return
      replica.listing ??= noListing()
      const { listing } = replica
      if (listing.isComplete) listing.streams = undefined
      listing.isComplete = false
      listing.streams ??= new Map()
      listing.folds.set(room, { upTo, lines })
    },
    /** The peer lists these streams, and more if that is so. */
    heardOf: ({ replica: { listing } }: Link, marks: ReadonlyArray<Mark>, more: boolean): void => {
      if (listing?.streams === undefined || listing.isComplete) return
      for (const [stream, n] of marks) listing.streams.set(stream, n)
      listing.isComplete = !more
      listing.calmTicks = 0
    },
    /**
     * That run is here: what it says is no line of long ago, however long it has been silent. Nor is what those say whom the peer
     * spares, though it could fold them away.
     */
    begins: (link: Link): void => {
      const { listing } = link.replica
      for (const stream of listing?.streams?.keys() ?? []) {
        const fold = listing?.folds.get(roomIn(stream))
        if (fold !== undefined && covers(fold, stream)) expect(stream)
      }
      for (const stream of streamsOf(link)) {
        elsewhere.delete(stream)
        oldRuns.meet(stream, link.replica.upTo(stream))
      }
    },
    /** The link is up: what the peer lists is of use only if something is folded away. */
    cameUp: ({ replica }: Link): void => {
      if ((replica.listing?.folds.size ?? 0) + oldRuns.folds().size === 0) replica.listing = undefined
    },
    /** Whether that run began so long ago that what it says would count as said long ago. */
    isOutdated: (id: PeerId, epoch: Epoch): boolean =>
      [...log.rooms].some((room) => log.have(streamOf(id, room, epoch)) === Number.POSITIVE_INFINITY),
    /** No stream that anybody has folded away began later: none that begins later than now is. */
    latest: (): Epoch => {
      const folded = Array.from(oldRuns.folds().values(), ({ upTo }) => millisOf(upTo))
      return epochOf(Math.max(...folded, clock.unsafeCurrentTimeMillis()), 2 ** 32 - 1)
    },
    /** That run has left, or was lost, and may come back. */
    ended: (link: Link, isLost: boolean): void => {
      for (const stream of streamsOf(link)) {
        if (isLost) expect(stream)
        else oldRuns.spareNoMore(stream)
      }
    },
    /** Once a second: says what of long ago was missed, when nobody is left who could bring it. */
    tellWhatIsMissed: Effect.gen(function* () {
      const waiting = Array.from(links.current.values(), ({ replica }) => replica.listing).filter(isWaiting)
      if (waiting.length === 0) return
      const calm = yield* gone.isCalm
      for (const listing of waiting) {
        listing.calmTicks = calm ? listing.calmTicks + 1 : 0
        if (listing.calmTicks <= (links.missing.isServerAway() ? ticksUntilToldWithoutServer : ticksUntilTold)) continue
        yield* compare(listing)
        listing.streams = undefined
        listing.isComplete = false
      }
    })
  }
}

/** Whether what a peer lists is all there, and was not compared yet. */
const isWaiting = (listing: Listing | undefined): listing is Listing =>
  listing?.isComplete === true && listing.streams !== undefined

export type Folds = ReturnType<typeof make>

/** What a node tells of what it has folded away, before it lists what it has not. */
export const framesOf = (folds: Iterable<readonly [Room, Fold]>): ReadonlyArray<Control> =>
  Array.from(folds, ([room, fold]) => ({ type: "folded", room, ...fold }))

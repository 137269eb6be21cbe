/**
 * Old runs that were folded away. Peers know only how many posts they had. A node that lacks some of these posts finds
 * out how many.
 */
import * as Effect from "effect/Effect"
import type { Mark } from "../../src/domain/EncodedPost.ts"
import { mostElsewhere } from "../../src/domain/Limits.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import {
  authorOf,
  covers,
  type Epoch,
  epochIn,
  epochOf,
  type Fold,
  mainRoom,
  millisOf,
  type Room,
  roomIn,
  type StreamId,
  streamOf,
  unfolded
} from "../../src/domain/Post.ts"
import type { Control, Folded, Have } from "../../src/protocol/Frame.ts"
import type { Gone } from "./Gone.ts"
import type { Ground, Link } from "./Ground.ts"
import { type Listing, noListing } from "./Replica.ts"

/** Posts may still come from a peer until this many offers have passed without a request. */
const ticksUntilTold = 5
const ticksUntilToldWithoutServer = 30

interface Needs {
  readonly gone: Gone
}

export const make = ({ clock, limits, links, log, oldRuns }: Ground, { gone }: Needs) => {
  /** Streams of runs without a link to this node that may come back, in the order of the last news of them. */
  const elsewhere = new Set<StreamId>()

  /** The streams of the peer's present run in these rooms. */
  const streamsOf = ({ epoch, peer }: Link, rooms: Iterable<Room>): ReadonlyArray<StreamId> =>
    Array.from(rooms, (room) => streamOf(peer.id, room, epoch))

  /** Whether the run that speaks in that stream has a link to this node. */
  const isHere = (stream: StreamId): boolean => links.current.get(authorOf(stream))?.epoch === epochIn(stream)

  const expect = (stream: StreamId): void => {
    // It is spared as long as the link is there, however many others come and go meanwhile.
    if (isHere(stream)) return
    oldRuns.spare(stream)
    elsewhere.delete(stream)
    elsewhere.add(stream)
    const [oldest] = elsewhere.size > mostElsewhere(limits, log.rooms.size) ? elsewhere : []
    if (oldest === undefined) return
    elsewhere.delete(oldest)
    oldRuns.spareNoMore(oldest)
  }

  /**
   * How many posts of a room the peer had and this node did not, among folded streams. Streams that one side lists and
   * the other has folded away count on both sides, so only posts that never came here are left.
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

  /** The lists of peers that are complete and were not compared yet. */
  const waiting = (): ReadonlyArray<Listing> =>
    [...links.current.values()]
      .flatMap(({ replica: { listing, listings } }) => [listing, ...(listings?.values() ?? [])])
      .filter(isWaiting)

  /** The list to which a frame belongs: that of all rooms, or of one. Undefined if there is nothing to compare. */
  const listingFor = ({ replica }: Link, { folded, room }: Have): Listing | undefined => {
    if (room === undefined) return replica.listing
    if (!log.rooms.has(room) || (folded === undefined && !oldRuns.folds().has(room))) return undefined
    const open = replica.listings?.get(room)
    if (open?.streams !== undefined && !open.isComplete) return open
    const begun: Listing = { ...noListing(new Map()), room }
    if (folded !== undefined) begun.folds.set(room, folded)
    replica.listings ??= new Map()
    replica.listings.set(room, begun)
    return begun
  }

  /** Compares what a peer has with what this node has, once no more is to come from it. */
  const compare = (listing: Listing): Effect.Effect<void> =>
    Effect.suspend(() => {
      const { folds, summary } = log.listing()
      const rooms = listing.room === undefined ? new Set([...listing.folds.keys(), ...folds.keys()]) : [listing.room]
      const lacking = Array.from(rooms, (room) => [room, lackingIn(room, listing, summary)] as const)
        .filter(([room]) => log.rooms.has(room))
        .filter(([, count]) => count > 0)
      return Effect.forEach(lacking, ([room, count]) => oldRuns.forgo(room, count), { discard: true })
    })

  return {
    /** The peer has folded that away. Its list of streams follows. */
    heard: ({ replica }: Link, { lines, room, upTo }: Folded): void => {
      if (!log.rooms.has(room)) return
      replica.listing ??= noListing()
      const { listing } = replica
      if (listing.isComplete) listing.streams = undefined
      listing.isComplete = false
      listing.streams ??= new Map()
      listing.folds.set(room, { upTo, lines })
    },
    /** The peer lists these streams. */
    heardOf: (link: Link, frame: Have, marks: ReadonlyArray<Mark>): void => {
      const listing = listingFor(link, frame)
      if (listing?.streams === undefined || listing.isComplete) return
      for (const [stream, n] of marks) listing.streams.set(stream, n)
      listing.isComplete = !frame.more
      listing.calmTicks = 0
    },
    /**
     * That run has a link and takes part in these rooms, so its streams must not be folded away, however long it is
     * silent. The same holds for streams that the peer spares although it could fold them away.
     */
    begins: (link: Link, rooms: Iterable<Room> = roomsOf(link)): void => {
      const { listing, listings } = link.replica
      for (const list of [listing, ...Array.from(rooms, (room) => listings?.get(room))]) {
        for (const stream of list?.streams?.keys() ?? []) {
          const fold = list?.folds.get(roomIn(stream))
          if (fold !== undefined && covers(fold, stream)) expect(stream)
        }
      }
      for (const stream of streamsOf(link, rooms)) {
        elsewhere.delete(stream)
        oldRuns.meet(stream, link.replica.upTo(stream))
      }
    },
    /** The link is up. The peer's list is needed only if something is folded away. */
    cameUp: ({ replica }: Link): void => {
      if ((replica.listing?.folds.size ?? 0) + oldRuns.folds().size === 0) replica.listing = undefined
    },
    /** Whether a run began so long ago that its posts would count as folded away. */
    isOutdated: (id: PeerId, epoch: Epoch): boolean =>
      [...log.rooms].some((room) => log.have(streamOf(id, room, epoch)) === Number.POSITIVE_INFINITY),
    /** The latest start of any folded stream, and at least now. */
    latest: (): Epoch => {
      const folded = Array.from(oldRuns.folds().values(), ({ upTo }) => millisOf(upTo))
      return epochOf(Math.max(...folded, clock.unsafeCurrentTimeMillis()), 2 ** 32 - 1)
    },
    /** That run has left these rooms, or is lost and may come back to them. */
    ended: (link: Link, isLost: boolean, rooms: Iterable<Room> = roomsOf(link)): void => {
      for (const stream of streamsOf(link, rooms)) {
        if (isLost) expect(stream)
        else oldRuns.spareNoMore(stream)
      }
    },
    /** This node has left that room. */
    left: (room: Room): void => {
      for (const stream of elsewhere) {
        if (roomIn(stream) !== room) continue
        elsewhere.delete(stream)
        oldRuns.spareNoMore(stream)
      }
      for (const { replica } of links.current.values()) {
        replica.listing?.folds.delete(room)
        replica.listings?.delete(room)
      }
    },
    /** Whether a peer's list waits to be compared. */
    isUnfinished: (): boolean => waiting().length > 0,
    /** Once a second: reports missed posts of old runs, once no peer is left that could bring them. */
    tellWhatIsMissed: Effect.gen(function* () {
      const listings = waiting()
      if (listings.length === 0) return
      const calm = yield* gone.isCalm
      for (const listing of listings) {
        listing.calmTicks = calm ? listing.calmTicks + 1 : 0
        if (listing.calmTicks <= (links.missing.isServerAway() ? ticksUntilToldWithoutServer : ticksUntilTold)) continue
        yield* compare(listing)
        listing.streams = undefined
        listing.isComplete = false
      }
    })
  }
}

/** The rooms that a peer shares with this node. */
const roomsOf = ({ replica }: Link): ReadonlyArray<Room> => [mainRoom, ...(replica.met ?? [])]

/** Whether a peer's list is complete and was not compared yet. */
const isWaiting = (listing: Listing | undefined): listing is Listing =>
  listing?.isComplete === true && listing.streams !== undefined

export type Folds = ReturnType<typeof make>

/** The frames about folded streams, which come before a summary. */
export const framesOf = (folds: Iterable<readonly [Room, Fold]>): ReadonlyArray<Control> =>
  Array.from(folds, ([room, fold]) => ({ type: "folded", room, ...fold }))

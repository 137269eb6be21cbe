/** How far the other nodes have each stream, as far as they have said. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Subscribable from "effect/Subscribable"
import { isOf, isPrivateStream, openOf, otherIn } from "../../src/domain/Conversation.ts"
import type { Delivery as HowFar } from "../../src/domain/Delivery.ts"
import type { Mark } from "../../src/domain/EncodedPost.ts"
import { mostNamed } from "../../src/domain/Limits.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import { authorOf, epochIn, mainRoom, type Room, roomIn, type StreamId } from "../../src/domain/Post.ts"
import { Recent } from "../../src/domain/Recent.ts"
import type { Dropped } from "../../src/protocol/Frame.ts"
import { type Ground, isForeign, type Link } from "./Ground.ts"

/** For this many peers it is remembered how far they have own posts: more than there can be links. */
export const mostRemembered = 4_096

/** Each peer takes part in `main`, and in what is private between it and this node. */
const usualRooms = 2

export const make = ({ guests, limits, links, log, peers }: Ground) => {
  /** How far some peer is known to have each stream of this node. */
  const delivered = new Map<StreamId, number>()
  /** How far each peer has, or had, each of them; for the peers that reported last. */
  const heardBy = new Map<StreamId, Recent<PeerId, number>>()
  /** How often a peer was the first to have more. */
  let version = 0

  /** Who is spoken to in private there; undefined in a room, and where it is sealed. */
  const readerIn = (stream: StreamId): PeerId | undefined =>
    isPrivateStream(stream) ? otherIn(roomIn(stream), authorOf(log.streamIn(mainRoom))) : undefined

  /** What is said to a guest of this node is there as soon as it is said. */
  const isForGuest = (stream: StreamId): boolean => {
    const reader = readerIn(stream)
    const guest = reader === undefined ? undefined : guests.here.get(reader)
    return guest !== undefined && isOf(roomIn(stream), guest.visitor)
  }

  const upTo = (stream: StreamId): number =>
    isForGuest(stream) ? Number.POSITIVE_INFINITY : (delivered.get(stream) ?? 0)

  const isAlone = (): boolean => links.current.size === 0

  const readBy = (reader: PeerId, stream: StreamId): number =>
    isForGuest(stream) ? Number.POSITIVE_INFINITY : (heardBy.get(stream)?.get(reader) ?? 0)

  const howFar = (): HowFar => ({ upTo, readBy, alone: isAlone() })

  /** The next value to report after `told`. */
  const after = (told: { readonly version: number; readonly alone: boolean } | undefined) =>
    Effect.map(
      peers.until(() => told?.version !== version || told.alone !== isAlone()),
      () => Option.some([howFar(), { version, alone: isAlone() }] as const)
    )

  /** Whether a stream belongs to the peer's present run. */
  const isPresent = ({ epoch, replica: { prefix } }: Link, stream: StreamId): boolean =>
    stream.startsWith(prefix) && epochIn(stream) === epoch && log.rooms.has(roomIn(stream))

  /** A peer has a stream of this node up to that number. */
  const hears = (id: PeerId, stream: StreamId, n: number): void => {
    const by = heardBy.get(stream) ?? new Recent<PeerId, number>(mostRemembered)
    if (n <= (by.get(id) ?? 0)) return
    by.set(id, n)
    heardBy.set(stream, by)
    // Of what is private it matters who has it.
    if (n > upTo(stream) || isPrivateStream(stream)) {
      delivered.set(stream, Math.max(n, upTo(stream)))
      version += 1
    }
    peers.changed()
  }

  /**
   * How many streams a peer has named that this node lacks. A whole summary may have twice as many: most of those are
   * here too.
   */
  const named = ({ replica: { floors, listing, theirs } }: Link): number =>
    Math.max(theirs.size, floors?.size ?? 0, (listing?.streams?.size ?? 0) / 2)

  /** Forgets numbers of a peer that this node has reached itself. */
  const forgetWhatIsHad = ({ replica: { floors, theirs } }: Link): void => {
    for (const [stream, n] of theirs) if (n <= log.have(stream) && !log.isOwn(stream)) theirs.delete(stream)
    for (const [stream, n] of floors ?? []) if (n <= log.have(stream)) floors?.delete(stream)
  }

  const limitOverstepped = (link: Link): Dropped["limit"] | undefined => {
    const most = mostNamed(limits, log.rooms.size)
    if (named(link) > most) forgetWhatIsHad(link)
    if (named(link) > most) return "streams"
    // It shares a conversation with each guest too.
    const areMany = link.rooms.size - usualRooms > limits.rooms
    return areMany && openOf(link.rooms).length - 1 > limits.rooms ? "rooms" : undefined
  }

  const holders = (stream: StreamId, n: number): number => {
    let count = 0
    for (const last of heardBy.get(stream)?.values() ?? []) if (last >= n) count += 1
    return count
  }

  return {
    /** The peer has that stream up to that number. */
    hasUpTo: (link: Link, [stream, n]: Mark): void => {
      const { replica } = link
      if (isForeign(link, stream)) return
      const isOwn = log.isOwn(stream)
      // What this node has too need not be remembered: a peer names each run there ever was.
      const isLacked = n > log.have(stream) || isOwn || isPresent(link, stream)
      if (isLacked && n > replica.upTo(stream)) replica.theirs.set(stream, n)
      // Who is there for a moment does not hand it on. Who names more than there is has something else, or nothing: see `Forks`.
      // What is private is confirmed by its reader, or by the node whose guest the reader is.
      if (isOwn && !link.passing && n <= log.have(stream)) hears(readerIn(stream) ?? link.peer.id, stream, n)
    },
    /** The peer does not keep that stream up to that number. */
    lacksUpTo: ({ replica }: Link, stream: StreamId, to: number): void => {
      replica.floors ??= new Map()
      replica.floors.set(stream, to)
    },
    /** That conversation has ended: nobody is asked any more how far it came. */
    ended: (conversation: Room): void => {
      for (const of of [delivered, heardBy])
        for (const stream of of.keys()) if (roomIn(stream) === conversation) of.delete(stream)
    },
    /** What the peer has said of that room counts no more. */
    forget: ({ replica: { floors, theirs } }: Link, room: Room): void => {
      for (const stream of theirs.keys()) if (roomIn(stream) === room) theirs.delete(stream)
      for (const stream of floors?.keys() ?? []) if (roomIn(stream) === room) floors?.delete(stream)
    },
    /** The limit that a peer has exceeded by naming too much, if any. */
    limitOverstepped,
    /** How many peers are known to have a stream of this node up to that number. */
    holders,
    /** Up to which number some peer is known to have a stream of this node. */
    upTo,
    /** The same for each stream of this node that a peer has. */
    reached: (): Map<StreamId, number> => new Map(delivered),
    /** How far own posts have come. */
    howFar,
    /** The same now, and whenever it changes. */
    ofOwn: Subscribable.make({
      get: Effect.sync(howFar),
      changes: Stream.unfoldEffect(undefined as Parameters<typeof after>[0], after)
    })
  }
}

export type Delivery = ReturnType<typeof make>

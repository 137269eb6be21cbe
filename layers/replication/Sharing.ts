/**
 * The rooms that this node and each peer share. Both come into rooms and leave them while the link is up. A room is
 * _met_ on a link when the peer's whole summary of it has come. Once it is met and shared, it is as after a handshake.
 */
import * as Effect from "effect/Effect"
import { conversationOf, isPrivate, isPrivateStream, sealedRoom, visitorOf } from "../../src/domain/Conversation.ts"
import type { PeerLost } from "../../src/domain/Errors.ts"
import { isCurrent } from "../../src/domain/LinkTable.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import { authorOf, mainRoom, type Room, roomIn, type StreamId } from "../../src/domain/Post.ts"
import type { Rest } from "../../src/domain/Rest.ts"
import { makeSignal } from "../../src/domain/Signal.ts"
import { type Control, namingRooms, type Rooms, roomsNamed } from "../../src/protocol/Frame.ts"
import type { Asking } from "./Asking.ts"
import type { Delivery } from "./Delivery.ts"
import type { FanOut } from "./FanOut.ts"
import type { Folds } from "./Folds.ts"
import type { Forks } from "./Forks.ts"
import type { Ground, Link } from "./Ground.ts"
import type { GuestList } from "./GuestList.ts"
import type { SiteList } from "./SiteList.ts"
import type { Summaries } from "./Summaries.ts"

interface Needs {
  readonly asking: Asking
  readonly delivery: Delivery
  readonly fanOut: FanOut
  readonly folds: Folds
  readonly guestList: GuestList
  readonly forks: Forks
  readonly siteList: SiteList
  readonly summaries: Summaries
}

/** Peers can begin at most this many conversations with a node. It can begin any number itself. */
const mostConversations = 1_024

export const make = (
  { guests, links, log, membership, peers }: Ground,
  { asking, delivery, fanOut, folds, forks, guestList, siteList, summaries }: Needs
) => {
  const changes = makeSignal()
  /** The rooms that peers are told. Replaced when they change. */
  let told: ReadonlySet<Room> = roomsNamed(namingRooms(log.rooms))

  const self = authorOf(log.streamIn(mainRoom))
  /** In a secure chat all peers that name no room have the same rooms. */
  const usual: ReadonlySet<Room> = new Set([mainRoom, sealedRoom])

  /** Where what is private between that peer and this node is said. */
  const confidenceWith = (peer: PeerId): Room =>
    membership.letters === undefined ? conversationOf(self, peer) : sealedRoom

  const roomsOf = (peer: PeerId, named: ReadonlyArray<Room> = []): ReadonlySet<Room> =>
    named.length === 0 && membership.letters !== undefined ? usual : new Set([mainRoom, ...named, confidenceWith(peer)])

  const isShared = (link: Link, room: Room): boolean => log.rooms.has(room) && link.rooms.has(room)

  const changed = (): void => {
    changes.changed()
    peers.changed()
  }

  const frameOf = (rooms: ReadonlySet<Room>): Control => ({ type: "rooms", rooms: namingRooms(rooms) })

  /** Sends the whole summary of a room to a peer that takes part in it. Returns how many streams it names. */
  const tellOf = (link: Link, room: Room): number => {
    const frames = summaries.of(room)
    link.put(...frames)
    return frames.reduce((sum, { streams }) => sum + Object.keys(streams).length, 0)
  }

  /** The links over which a room is shared. */
  const sharers = (room: Room): ReadonlyArray<Link> =>
    [...links.current.values()].filter(({ replica, rooms }) => replica.isTold && rooms.has(room))

  /** From now on the room is as after a handshake: own posts flow from where the peer is, and what it has is asked for. */
  const begin = (link: Link, room: Room): void => {
    folds.begins(link, [room])
    fanOut.follow(link, room)
    forks.heardOf(link)
    asking.pull(
      link,
      [...link.replica.theirs].filter(([stream]) => roomIn(stream) === room)
    )
  }

  /** The room is shared no more: nothing is sent, asked or believed any more. */
  const end = (link: Link, room: Room): void => {
    const { outbox, replica } = link
    folds.ended(link, false, [room])
    replica.met?.delete(room)
    outbox.drop(room)
    delivery.forget(link, room)
    asking.leaves(link, room)
  }

  /** The conversations that have begun. */
  const conversations = new Set<Room>()
  let roomsBefore = 0

  /** Conversations begin when somebody speaks in them. From then on what this node says there goes to the other. */
  const converse = (): void => {
    if (log.rooms.size === roomsBefore) return
    roomsBefore = log.rooms.size
    for (const room of log.rooms) {
      if (!isPrivate(room) || conversations.has(room)) continue
      conversations.add(room)
      fanOut.takes(room)
      for (const link of links.current.values()) {
        if (!link.rooms.has(room)) continue
        link.replica.met ??= new Set()
        link.replica.met.add(room)
        if (link.phase === "up") begin(link, room)
      }
    }
  }

  /** What is said in private between the guests of a peer and this node, and between guests of this node and a peer. */
  const conversationsOfGuests = ({ hearsOfGuests, peer }: Link): ReadonlyArray<Room> =>
    membership.letters !== undefined
      ? []
      : [
          ...guestList.of(peer.id).map(({ epoch, id }) => conversationOf(self, visitorOf(id, epoch))),
          ...(hearsOfGuests ? Array.from(guests.here.values(), ({ visitor }) => conversationOf(visitor, peer.id)) : [])
        ]

  /** Guests have come or gone, here or at a peer: their links share other conversations now. */
  const reviewGuests = (link: Link): void => {
    const before = link.rooms
    const usualOnes = [...before].filter((room) => !isPrivate(room))
    const after = new Set([...usualOnes, confidenceWith(link.peer.id), ...conversationsOfGuests(link)])
    link.rooms = after
    for (const room of before) if (!after.has(room) && log.rooms.has(room)) end(link, room)
    for (const room of after) {
      if (before.has(room) || !log.rooms.has(room)) continue
      link.replica.met ??= new Set()
      link.replica.met.add(room)
      if (link.phase === "up") begin(link, room)
    }
  }

  /**
   * A peer has named these streams. If it has spoken to this node in private for the first time, this node takes part
   * in the conversation.
   */
  const spoken = (link: Link, streams: Iterable<StreamId>): Rest => {
    if (membership.letters !== undefined || conversations.size >= mostConversations) return undefined
    for (const stream of streams) {
      if (!isPrivateStream(stream)) continue
      const room = roomIn(stream)
      if (log.rooms.has(room) || !link.rooms.has(room) || !isAuthorAt(link, authorOf(stream))) continue
      return log.takePart(room, { joined: false })
    }
    return undefined
  }

  const isAuthorAt = (link: Link, author: PeerId): boolean =>
    author === link.peer.id || guestList.of(link.peer.id).some(({ id }) => id === author)

  /** A conversation with a guest has ended: the log does not take part any more. */
  const ended = (conversation: Room): void => {
    conversations.delete(conversation)
    roomsBefore = 0
    fanOut.leaves(conversation)
    asking.left(conversation)
    folds.left(conversation)
    delivery.ended(conversation)
    fanOut.reviewGuests()
  }

  /** Takes part no more in conversations with guests of others that are gone for good. */
  const endConversations = Effect.flatMap(guestList.ended, (gone) =>
    Effect.forEach(
      gone.flatMap(({ isOver, visitor }) => {
        const conversation = conversationOf(self, visitor)
        return log.rooms.has(conversation) ? [{ conversation, isOver }] : []
      }),
      ({ conversation, isOver }) => Effect.map(log.leave(conversation, isOver), () => ended(conversation)),
      { discard: true }
    )
  )

  const heard = (link: Link, { rooms }: Rooms): Rest<PeerLost> => {
    links.charge(link, "named", rooms.length)
    const before = link.rooms
    link.rooms = new Set([...roomsOf(link.peer.id, rooms), ...conversationsOfGuests(link)])
    const overstepped = delivery.limitOverstepped(link)
    if (overstepped !== undefined) return links.drop(link, overstepped)
    // Before the link is up, it is as if the peer had introduced itself so.
    if (!isCurrent(link)) return undefined
    for (const room of before) if (!link.rooms.has(room) && log.rooms.has(room)) end(link, room)
    for (const room of link.rooms) {
      if (before.has(room) || !log.rooms.has(room)) continue
      // It may come and go as often as it likes, and have a summary sent each time.
      links.charge(link, "named", tellOf(link, room))
      if (link.replica.met?.has(room)) begin(link, room)
    }
    siteList.moved(link)
    changed()
    return undefined
  }

  /** Tells the peers the rooms of this node. */
  const tell = (): void => {
    const open = [...links.current.values()].filter(({ replica }) => replica.isTold)
    for (const { replica } of open) replica.told = told
    links.tell(open, [frameOf(told)])
    changed()
  }

  return {
    /** The rooms that this node names when it introduces itself. */
    told: () => told,
    /** Both sides have introduced themselves, and each has the other's summary for the rooms that both have named. */
    introduced: (link: Link): void => {
      const { replica } = link
      if (guests.here.size > 0) reviewGuests(link)
      const { rooms } = link
      for (const room of replica.told) {
        if (room === mainRoom || !rooms.has(room) || !log.rooms.has(room)) continue
        replica.met ??= new Set()
        replica.met.add(room)
      }
      for (const room of rooms) {
        if (!isPrivate(room) || !log.rooms.has(room)) continue
        replica.met ??= new Set()
        replica.met.add(room)
      }
    },
    /** The peer has this node's summary, and must hear now if rooms have changed since this node has named them. */
    catchUp: (link: Link): void => {
      const { replica } = link
      replica.isTold = true
      guestList.introduce(link)
      siteList.introduce(link)
      if (replica.told === told) return
      for (const room of told) if (!replica.told.has(room) && isShared(link, room)) tellOf(link, room)
      link.put(frameOf(told))
      replica.told = told
    },
    /** The link is up: what this node says in the rooms that are met goes to the peer. */
    flow: (link: Link): void => {
      fanOut.follow(link, mainRoom)
      for (const room of link.replica.met ?? []) if (isShared(link, room)) fanOut.follow(link, room)
    },
    roomsOf,
    spoken,
    /** A peer has told of its guests. Conversations with them go on of which the log remembers something. */
    heardGuests: (link: Link): Rest => {
      reviewGuests(link)
      const remembered = [...link.rooms].filter((room) => isPrivate(room) && log.remembers(room))
      return remembered.length === 0
        ? undefined
        : Effect.forEach(remembered, (room) => log.takePart(room, { joined: false }), { discard: true })
    },
    /** A guest of this node is about to speak in another stream. */
    guestSpeaks: (): void => {
      converse()
      fanOut.reviewGuests()
    },
    /** The guests of this node have changed. */
    guestsChanged: (): void => {
      guestList.tell()
      for (const link of links.current.values()) if (link.hearsOfGuests) reviewGuests(link)
      converse()
      fanOut.reviewGuests()
    },
    /** Follows the conversations that begin, as long as the node runs. */
    run: Effect.acquireUseRelease(
      Effect.sync(() => {
        converse()
        return log.onGrowth(converse)
      }),
      () => Effect.forever(endConversations),
      (stop) => Effect.sync(stop)
    ),
    ended,
    /** The peer takes part in these rooms from now on. */
    heard,
    /** The peer's whole summary of a room has come. */
    met: (link: Link, room: Room): void => {
      if (!log.rooms.has(room) || !isCurrent(link)) return
      link.replica.met ??= new Set()
      if (link.replica.met.has(room)) return
      link.replica.met.add(room)
      if (link.rooms.has(room)) begin(link, room)
      peers.changed()
    },
    /** Whether every peer that takes part in that room has said how far it has each stream of it. */
    isMet: (room: Room): boolean =>
      [...links.current.values()].every(({ replica, rooms }) => !rooms.has(room) || replica.met?.has(room) === true),
    /** This node takes part in that room from now on: the log does already. */
    took: (room: Room): void => {
      told = roomsNamed(namingRooms(log.rooms))
      fanOut.takes(room)
      // They must hear it before they hear that the room is shared.
      links.tell(sharers(room), summaries.of(room))
      tell()
    },
    /** This node takes part in that room no more: the log does not already. */
    left: (room: Room): void => {
      told = roomsNamed(namingRooms(log.rooms))
      fanOut.leaves(room)
      asking.left(room)
      folds.left(room)
      for (const link of links.current.values()) if (link.rooms.has(room)) end(link, room)
      tell()
    },
    changes
  }
}

export type Sharing = ReturnType<typeof make>

/**
 * Conversations: what two say to each other in private. To the two it is what a room is to all who take part in it:
 * streams, `deps` and everything else are as in a room. Its name is made of the names of both, so it is the same for both.
 */
import type * as Brand from "effect/Brand"
import type { PeerId } from "./Peer.ts"
import { authorOf, type Epoch, type Post, type Room, roomIn, roomReader, type StreamId } from "./Post.ts"

const mark = "@"
const visitMark = "~"

/** A guest in one run of its visit: `bo~EPOCH`. Whoever has its id later is another visitor. */
export type Visitor = string & Brand.Brand<"Visitor">

/** One of the two in a conversation: a node, by its id, or a visitor. */
export type Party = PeerId | Visitor

export const visitorOf = (id: PeerId, epoch: Epoch): Visitor => `${id}${visitMark}${epoch}` as Visitor

/** The id of one of the two. */
const idOf = (party: string): PeerId => {
  const at = party.indexOf(visitMark)
  return (at < 0 ? party : party.slice(0, at)) as PeerId
}

/**
 * The conversation of two: `anna@bo`, or `anna@bo~EPOCH` with a guest. Neither a room nor an id has an `@`, so no room is
 * called so.
 */
export const conversationOf = (one: Party, other: Party): Room =>
  (one < other ? `${one}${mark}${other}` : `${other}${mark}${one}`) as Room

/** The two whose conversation that is; undefined if it is none. */
const partiesIn = (room: Room): readonly [Party, Party] | undefined => {
  const at = room.indexOf(mark)
  if (at < 1) return undefined
  const [one, other] = [room.slice(0, at), room.slice(at + 1)] as [Party, Party]
  return idOf(one) === idOf(other) || room !== conversationOf(one, other) ? undefined : [one, other]
}

/** Whether that one is one of the two there. */
export const isOf = (room: Room, party: Party): boolean => partiesIn(room)?.includes(party) === true

/** The guests who talk there, each in one run of its visit. */
export const visitorsIn = (room: Room): ReadonlyArray<Visitor> => {
  const parties: ReadonlyArray<Party> = partiesIn(room) ?? []
  return parties.filter(isVisitor)
}

const isVisitor = (party: Party): party is Visitor => party.includes(visitMark)

/** Whether a room, or what stands in its place in a stream's name, is private. */
export const isPrivate = (room: Room): boolean => room.includes(mark)

/** Whether a stream is private. */
export const isPrivateStream = (stream: StreamId): boolean => stream.includes(mark)

/** Those of these rooms that are not private. */
export const openOf = (rooms: Iterable<Room>): ReadonlyArray<Room> => [...rooms].filter((room) => !isPrivate(room))

/** Whether what is private there is for that one: it is one of the two, or what is there is sealed for its readers. */
export const isFor = (room: Room, self: Party): boolean => room === sealedRoom || isOf(room, self)

/** In a secure chat: where all private messages are, sealed for their readers. Every node takes part in it. */
export const sealedRoom = mark as Room

/**
 * The id of whoever talks there with the one of that id; undefined if nobody of that id does. For what is shown of posts.
 * Whose a post is to see at all, `isFor` says: several visitors may have one id, one after the other.
 */
export const otherIn = (room: Room, self: PeerId): PeerId | undefined => {
  const [one, other] = partiesIn(room)?.map(idOf) ?? []
  return one === self ? other : other === self ? one : undefined
}

/**
 * The others with whom a node shares a private post: its readers and its author, without the node itself. None if the
 * post is not private, or if this node can't read it.
 */
export const confidantsOf = (self: PeerId, { stream, to }: Pick<Post, "stream" | "to">): ReadonlyArray<PeerId> => {
  if (!isPrivateStream(stream)) return []
  const author = authorOf(stream)
  const other = otherIn(roomIn(stream), self)
  const all = to === undefined ? (other === undefined ? [] : [other]) : [author, ...to]
  return [...new Set(all)].filter((id) => id !== self)
}

/** The readers of a private post besides its author; none if this node can't read it. */
export const readersOf = ({ stream, to }: Pick<Post, "stream" | "to">): ReadonlyArray<PeerId> => {
  const other = otherIn(roomIn(stream), authorOf(stream))
  return to ?? (other === undefined ? [] : [other])
}

/** Whether a post is sealed, and this node can't read it: it is shown nowhere. */
export const isClosed = ({ stream, to }: Pick<Post, "stream" | "to">): boolean =>
  to === undefined && isPrivateStream(stream) && roomIn(stream) === sealedRoom

/**
 * The place in which somebody speaks to these nodes alone, as people type and read it: `@anna,bo`. It is the same
 * whoever of them speaks, and in whatever order they are named.
 */
export const privatelyTo = (ids: ReadonlyArray<PeerId>): Room => `${mark}${[...new Set(ids)].sort().join(",")}` as Room

/** Those to whom one speaks in such a place; undefined in a room. */
export const addresseesIn = (place: Room): ReadonlyArray<PeerId> | undefined =>
  place.startsWith(mark) && place.length > 1
    ? (place.slice(1).split(",") as ReadonlyArray<string> as ReadonlyArray<PeerId>)
    : undefined

/** Where a post stands at a node: its room, or the place in which this node answers it. */
export const placeOf = (self: PeerId, post: Pick<Post, "stream" | "to">): Room =>
  isPrivateStream(post.stream) ? privatelyTo(confidantsOf(self, post)) : roomIn(post.stream)

/** Whether posts stand in that place at a node: for many posts. */
export const isIn = (self: PeerId, place: Room): ((post: Pick<Post, "stream" | "to">) => boolean) => {
  if (isPrivate(place)) return (post) => isPrivateStream(post.stream) && placeOf(self, post) === place
  const roomOf = roomReader()
  return ({ stream }) => roomOf(stream) === place
}

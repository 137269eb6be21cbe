/** The place of a session among the rooms and the private conversations: where it speaks, and which ones are open. */
import { isPrivate } from "./Conversation.ts"
import type { PeerId } from "./Peer.ts"
import { mainRoom, type Room, roomTitle } from "./Post.ts"
import type { News } from "./Unread.ts"

/** What nobody has read in a room. */
export interface RoomNews extends News {
  readonly room: Room
}

/** A room, as one session of a node sees it. */
export interface RoomState extends RoomNews {
  /** Whether the session speaks there, and whether the node has joined it. */
  readonly here: boolean
  readonly joined: boolean
  /** The peers with a link that take part in it. */
  readonly peers: ReadonlyArray<PeerId>
  readonly topic: string | undefined
}

export interface Place {
  /** The room in which the session speaks. */
  readonly room: Room
  /** The private conversations that are open here, in the order in which they were opened: `@anna`, `@bo,kim`. */
  readonly conversations: ReadonlyArray<Room>
}

/** No more conversations are open at a time: the one that was opened first makes way. */
const mostConversations = 50

/** The place of a session that begins in that room. */
export const beginIn = (room: Room): Place => ({ room, conversations: [] })

/** The place in which that conversation is open: something was said there. A room is no conversation. */
export const opened = (place: Place, room: Room): Place => {
  if (!isPrivate(room) || place.conversations.includes(room)) return place
  const first = place.conversations.find((each) => each !== place.room)
  return place.conversations.length < mostConversations || first === undefined
    ? { ...place, conversations: [...place.conversations, room] }
    : opened(closed(place, first), room)
}

/** The place after the session went to that room, or conversation. */
export const goneTo = (place: Place, room: Room): Place => ({ ...opened(place, room), room })

/** The place after a conversation was closed. The next line in it opens it again. */
export const closed = (place: Place, conversation: Room): Place => ({
  room: place.room === conversation ? mainRoom : place.room,
  conversations: place.conversations.filter((each) => each !== conversation)
})

/** Where a session can go: these rooms, and then its conversations. */
export const placesOf = ({ conversations }: Place, joined: Iterable<Room>): ReadonlyArray<Room> => [
  ...joined,
  ...conversations
]

/** What to say to somebody who wants something in a room that the node has not joined. */
export const notJoined = (room: Room): string => `This node is not in ${roomTitle(room)}: /join ${room} joins it.`

/** Those of the rooms that have news. Those that mention the person come first. */
export const withNews = (rooms: ReadonlyArray<RoomNews>): ReadonlyArray<RoomNews> => [
  ...rooms.filter(({ mentions }) => mentions > 0),
  ...rooms.filter(({ lines, mentions }) => lines > 0 && mentions === 0)
]

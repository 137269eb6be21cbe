/**
 * The place of a session among the rooms and the private conversations: where it speaks, and what has come elsewhere
 * since it was there.
 */
import { isPrivate } from "./Conversation.ts"
import type { PeerId } from "./Peer.ts"
import { mainRoom, type Room, roomTitle } from "./Post.ts"

/** What came in a room since a session was there last. */
export interface News {
  readonly lines: number
  /** How many of these lines mention the person at the session. */
  readonly mentions: number
}

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

const nothing: News = { lines: 0, mentions: 0 }

export interface Place {
  /** The room in which the session speaks. There is never news of this one. */
  readonly room: Room
  readonly news: ReadonlyMap<Room, News>
  /** The private conversations that are open here, in the order in which they were opened: `@anna`, `@bo,kim`. */
  readonly conversations: ReadonlyArray<Room>
}

/** No more conversations are open at a time: the one that was opened first makes way. */
const mostConversations = 50

/** The place of a session that begins in that room. */
export const beginIn = (room: Room): Place => ({ room, news: new Map(), conversations: [] })

const without = (news: Place["news"], room: Room): Place["news"] =>
  news.has(room) ? new Map([...news].filter(([each]) => each !== room)) : news

/** The place in which that conversation is open; a room is no conversation. */
const opened = (place: Place, room: Room): Place => {
  if (!isPrivate(room) || place.conversations.includes(room)) return place
  const first = place.conversations.find((each) => each !== place.room)
  return place.conversations.length < mostConversations || first === undefined
    ? { ...place, conversations: [...place.conversations, room] }
    : opened(closed(place, first), room)
}

/** The place after the session went to that room, or conversation. */
export const goneTo = (place: Place, room: Room): Place => ({
  ...opened(place, room),
  room,
  news: without(place.news, room)
})

/** The place after something was said in a conversation, wherever the session is: what came there has been seen. */
export const spokenIn = (place: Place, conversation: Room): Place => {
  const news = without(place.news, conversation)
  const after = opened(place, conversation)
  return after === place && news === place.news ? place : { ...after, news }
}

/** The place after a conversation was closed. The next line in it opens it again. */
export const closed = (place: Place, conversation: Room): Place => ({
  room: place.room === conversation ? mainRoom : place.room,
  news: without(place.news, conversation),
  conversations: place.conversations.filter((each) => each !== conversation)
})

/**
 * The place after these lines came, of which each is of one room or conversation and may mention the person. A
 * conversation is opened by what is said there.
 */
export const heard = (place: Place, lines: Iterable<{ readonly room: Room; readonly isMention: boolean }>): Place => {
  let after = place
  const counts = new Map<Room, News>()
  for (const { isMention, room } of lines) {
    if (room === place.room) continue
    after = opened(after, room)
    const before = counts.get(room) ?? after.news.get(room) ?? nothing
    counts.set(room, { lines: before.lines + 1, mentions: before.mentions + (isMention ? 1 : 0) })
  }
  return { ...after, news: new Map([...after.news, ...counts]) }
}

/** Where a session can go: these rooms, and then its conversations. */
export const placesOf = ({ conversations }: Place, joined: Iterable<Room>): ReadonlyArray<Room> => [
  ...joined,
  ...conversations
]

/** What is new in each of these rooms, in their order. */
export const newsIn = ({ news }: Place, rooms: Iterable<Room>): ReadonlyArray<RoomNews> =>
  Array.from(rooms, (room) => ({ room, ...(news.get(room) ?? nothing) }))

/** What to say to somebody who wants something in a room that the node has not joined. */
export const notJoined = (room: Room): string => `This node is not in ${roomTitle(room)}: /join ${room} joins it.`

/** Those of the rooms that have news. Those that mention the person come first. */
export const withNews = (rooms: ReadonlyArray<RoomNews>): ReadonlyArray<RoomNews> => [
  ...rooms.filter(({ mentions }) => mentions > 0),
  ...rooms.filter(({ lines, mentions }) => lines > 0 && mentions === 0)
]

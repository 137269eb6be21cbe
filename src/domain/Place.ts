/** The place of a session among the rooms: where it speaks, and what has come elsewhere since it was there. */
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
}

/** The place of a session that begins in that room. */
export const beginIn = (room: Room): Place => ({ room, news: new Map() })

/** The place after the session went to that room. */
export const goneTo = ({ news }: Place, room: Room): Place => ({
  room,
  news: new Map([...news].filter(([each]) => each !== room))
})

/** The place after these lines came, of which each is of one room and may mention the person. */
export const heard = (place: Place, lines: Iterable<{ readonly room: Room; readonly isMention: boolean }>): Place => {
  const news = new Map(place.news)
  for (const { isMention, room } of lines) {
    if (room === place.room) continue
    const before = news.get(room) ?? nothing
    news.set(room, { lines: before.lines + 1, mentions: before.mentions + (isMention ? 1 : 0) })
  }
  return { ...place, news }
}

/** The place in a node that has joined these rooms alone. Nothing is new in the others. */
export const within = ({ news, room }: Place, isJoined: (room: Room) => boolean): Place => ({
  room: isJoined(room) ? room : mainRoom,
  news: new Map([...news].filter(([each]) => isJoined(each)))
})

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

/** How far each client has seen what was said, by the name of the client. So it gets what it missed, and nothing twice. */
import type { Post, Room, StreamId } from "../../src/domain/Post.ts"

/** How far one client has seen each stream. */
export interface Seen {
  readonly has: (post: Post) => boolean
  readonly add: (post: Post) => void
}

/** The greatest numbers of clients, rooms and streams that are remembered. The oldest are forgotten. */
const mostClients = 64
const mostRooms = 64
const mostStreams = 4_096

const trim = (map: Map<unknown, unknown>, most: number): void => {
  for (const key of map.keys()) {
    if (map.size <= most) return
    map.delete(key)
  }
}

export interface SeenByClients {
  /** What is remembered, for the next run. */
  readonly asText: () => string
  /** Whether a client of that name has seen a post of a room; undefined if it was not there before. */
  readonly of: (name: string, room: Room) => Seen["has"] | undefined
  /** A client of that name is in that room now: it has seen these posts of it, and what is added later. */
  readonly begin: (name: string, room: Room, posts: ReadonlyArray<Post>) => Seen
}

/** How far one client is in a room, and what all clients of its name have seen there. */
type Streams = Map<StreamId, number>

/** By the name of the client, then by room. */
type Clients = Map<string, Map<Room, Streams>>

/** All of it as text, and back. A text that is damaged counts as empty: then nobody was here before. */
const encode = (clients: Clients): string =>
  JSON.stringify([...clients].map(([name, rooms]) => [name, [...rooms].map(([room, streams]) => [room, [...streams]])]))
const decode = (text: string): Clients => {
  try {
    const all: ReadonlyArray<[string, ReadonlyArray<[Room, ReadonlyArray<[StreamId, number]>]>]> = JSON.parse(text)
    return new Map(
      all.map(([name, rooms]) => [name, new Map(rooms.map(([room, streams]) => [room, new Map(streams)]))])
    )
  } catch {
    return new Map()
  }
}

/** Begins with what `text` of an earlier run says, and calls `changed` whenever there is more to remember. */
export const makeSeenByClients = (text = "[]", changed: () => void = () => {}): SeenByClients => {
  const clients = decode(text)
  const hasIn = (streams: Streams, { n, stream }: Post): boolean => n <= (streams.get(stream) ?? 0)
  const addTo = (streams: Streams, post: Post): void => {
    if (hasIn(streams, post)) return
    streams.delete(post.stream)
    streams.set(post.stream, post.n)
    trim(streams, mostStreams)
  }
  return {
    asText: () => encode(clients),
    of: (name, room) => {
      const before = clients.get(name)?.get(room)
      return before === undefined ? undefined : (post) => hasIn(before, post)
    },
    begin: (name, room, posts) => {
      const own: Streams = new Map()
      // Several clients may have one name. Each gets all lines, and none that another one has seen comes again later.
      const rooms = clients.get(name) ?? new Map<Room, Streams>()
      const shared: Streams = rooms.get(room) ?? new Map()
      clients.delete(name)
      clients.set(name, rooms)
      trim(clients, mostClients)
      rooms.delete(room)
      rooms.set(room, shared)
      trim(rooms, mostRooms)
      const add = (post: Post): void => {
        addTo(own, post)
        addTo(shared, post)
      }
      for (const post of posts) add(post)
      changed()
      return {
        has: (post) => hasIn(own, post),
        add: (post) => {
          add(post)
          changed()
        }
      }
    }
  }
}

/** How far each client has seen what was said, by the name of the client. So it gets what it missed, and nothing twice. */
import type { Post, StreamId } from "../../src/domain/Post.ts"

/** How far one client has seen each stream. */
export interface Seen {
  readonly has: (post: Post) => boolean
  readonly add: (post: Post) => void
}

/** The greatest numbers of clients and of streams for each that are remembered. The oldest are forgotten. */
const mostClients = 64
const mostStreams = 4_096

const trim = (map: Map<unknown, unknown>, most: number): void => {
  for (const key of map.keys()) {
    if (map.size <= most) return
    map.delete(key)
  }
}

export interface SeenByClients {
  /** Whether a client of that name has seen a post; undefined if none was here before. */
  readonly of: (name: string) => Seen["has"] | undefined
  /** A client of that name is here now: it has seen these posts, and what is added later. */
  readonly begin: (name: string, posts: ReadonlyArray<Post>) => Seen
}

/** How far one client is, and what all clients of its name have seen. */
type Streams = Map<StreamId, number>

/** Remembers it as long as the node runs. */
export const makeSeenByClients = (): SeenByClients => {
  const clients = new Map<string, Streams>()
  const hasIn = (streams: Streams, { n, stream }: Post): boolean => n <= (streams.get(stream) ?? 0)
  const addTo = (streams: Streams, post: Post): void => {
    if (hasIn(streams, post)) return
    streams.delete(post.stream)
    streams.set(post.stream, post.n)
    trim(streams, mostStreams)
  }
  return {
    of: (name) => {
      const before = clients.get(name)
      return before === undefined ? undefined : (post) => hasIn(before, post)
    },
    begin: (name, posts) => {
      const own: Streams = new Map()
      // Several clients may have one name. Each gets all lines, and none that another one has seen comes again later.
      const shared = clients.get(name) ?? new Map()
      clients.delete(name)
      clients.set(name, shared)
      trim(clients, mostClients)
      const add = (post: Post): void => {
        addTo(own, post)
        addTo(shared, post)
      }
      for (const post of posts) add(post)
      return { has: (post) => hasIn(own, post), add }
    }
  }
}

/** What all IRC clients of a node share. */
import * as Schema from "effect/Schema"
import type { Guest, Guests } from "../../services/Guests.ts"
import type { Sessions } from "../../services/Sessions.ts"
import { placeOf } from "../../src/domain/Conversation.ts"
import { ClientId, type Named, type PeerId } from "../../src/domain/Peer.ts"
import { authorOf, type Post, type Room } from "../../src/domain/Post.ts"
import { Recent } from "../../src/domain/Recent.ts"
import type { Capability } from "../../src/protocol/irc/Capabilities.ts"
import type { Outgoing } from "../../src/protocol/irc/Message.ts"
import type { Policy } from "../../src/protocol/irc/Registration.ts"
import type { UserMode } from "../../src/protocol/irc/UserModes.ts"
import type { Channels } from "./Channels.ts"
import type { Markers } from "./Markers.ts"
import type { SeenByClients } from "./Seen.ts"

/** What a guest has said of itself. */
export interface Person {
  readonly user: string
  readonly name: string
  /** Why it is away; undefined if it is not. */
  readonly away?: string | undefined
  readonly modes: ReadonlySet<UserMode>
}

const noModes: Person["modes"] = new Set()

/** What is true of all nodes, of which none says anything of itself. */
export const nodePerson = (id: PeerId): Person => ({ user: id, name: `outlive node ${id}`, modes: noModes })

/** The connection of a guest, as the other guests of its node reach it. */
export interface Outlet {
  /** Sends it something, unless it has not been welcomed yet. */
  readonly send: (messages: ReadonlyArray<Outgoing>) => void
  readonly has: (capability: Capability) => boolean
  /** Whether it shows the channel of a room. */
  readonly shows: (room: Room) => boolean
  /** Somebody has gone away, or is back. */
  readonly heardAway: (id: PeerId) => void
  /** Ends it. The others see the reason as its last words. */
  readonly end: (why: string) => void
}

/**
 * Which lines of guests were said with NOTICE. To the chat they are lines like all others, so only the clients of this
 * node see the difference.
 */
export interface Notices {
  /** The guest is about to say that, in a room or to somebody alone. */
  readonly expect: (author: PeerId, place: Room, text: string) => void
  /** It was not said after all. */
  readonly forget: (author: PeerId, place: Room, text: string) => void
  readonly has: (post: Post) => boolean
}

/** So many of them are remembered. */
const mostNotices = 1_024

export const makeNotices = (): Notices => {
  const expected = new Recent<string, number>(mostNotices)
  const known = new Recent<string, boolean>(mostNotices)
  const keyOf = (author: PeerId, place: Room, text: string) => `${author} ${place} ${text}`
  const count = (key: string, more: number): void => {
    const now = (expected.get(key) ?? 0) + more
    if (now > 0) expected.set(key, now)
    else expected.delete(key)
  }
  return {
    expect: (author, place, text) => count(keyOf(author, place, text), 1),
    forget: (author, place, text) => count(keyOf(author, place, text), -1),
    has: (post) => {
      const { n, stream, text } = post
      const before = known.get(`${stream} ${n}`)
      if (before !== undefined) return before
      const author = authorOf(stream)
      const key = keyOf(author, placeOf(author, post), text)
      if (!expected.has(key)) return false
      count(key, -1)
      known.set(`${stream} ${n}`, true)
      return true
    }
  }
}

/** The last words in a channel. `by`: who makes somebody leave it; undefined if it goes by itself. */
export interface Farewell {
  readonly words: string
  readonly by?: PeerId
}

export const farewellOf = (id: PeerId, room: Room): string => `${id} ${room}`

/** Where each client is a person of its own: the guests of this node. */
export interface Lobby {
  readonly guests: Guests["Type"]
  readonly people: Map<PeerId, Person>
  readonly connections: Map<Guest, Outlet>
  readonly notices: Notices
  readonly channels: Channels
  /** Whether that is the password of the operators; undefined if there is none. */
  readonly isOperPassword: ((text: string) => boolean) | undefined
  /** How often a guest was wrong about it. */
  readonly failures: WeakMap<Guest, number>
  /** The connections that have not introduced themselves. */
  readonly unknown: Set<unknown>
  /** The greatest number of guests that were here at the same time. */
  readonly most: () => number
  /** With which words a guest leaves a channel, or is made to leave it, while that happens: by `id channel`. */
  readonly farewells: Recent<string, Farewell>
}

/** Sends a message to all guests in a channel. */
export const toAll = ({ connections }: Lobby, room: Room, message: Outgoing): void => {
  for (const connection of connections.values()) if (connection.shows(room)) connection.send([message])
}

const isClientId = Schema.is(ClientId)

/** The id that a guest with that nick has; undefined if there is no such id. */
export const idIn = (nick: string): PeerId | undefined => (isClientId(nick) ? nick : undefined)

export interface House {
  /** Who speaks: the node, or one guest of it. */
  readonly self: Named
  /** Undefined where all clients speak as the node. */
  readonly lobby: Lobby | undefined
  readonly version: string
  readonly policy: Policy
  /** Whether an id is an account: in a secure chat everybody has proven whose id it is. */
  readonly accounts: boolean
  /** Who is banned for good, by the server of a secure chat. */
  readonly banned: () => ReadonlyArray<PeerId>
  readonly sessions: Sessions["Type"]
  /** All posts that the log keeps and that are for this one, oldest first. */
  readonly posts: () => ReadonlyArray<Post>
  /** The post that has set the topic of a room last, however long ago. */
  readonly topicOf: (room: Room) => Post | undefined
  readonly seen: SeenByClients
  readonly markers: Markers
  /** The time of day, in ms since 1970. */
  readonly now: () => number
}

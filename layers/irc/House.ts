/** What all IRC clients of a node share. */
import * as Schema from "effect/Schema"
import type { Guests } from "../../services/Guests.ts"
import type { Sessions } from "../../services/Sessions.ts"
import { ClientId, type Named, type PeerId } from "../../src/domain/Peer.ts"
import type { Post } from "../../src/domain/Post.ts"
import type { Policy } from "../../src/protocol/irc/Registration.ts"
import type { SeenByClients } from "./Seen.ts"

/** What a guest has said of itself. */
export interface Person {
  readonly user: string
  readonly name: string
}

/** Where each client is a person of its own: the guests of this node. */
export interface Lobby {
  readonly guests: Guests["Type"]
  readonly people: Map<PeerId, Person>
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
  readonly seen: SeenByClients
}

/** Who may take part in the chat, and how a node proves that it may. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { ChatId } from "../src/domain/Chat.ts"
import type { IdLooksAlike, PortStoreUnavailable, StateUnavailable } from "../src/domain/Errors.ts"
import type { Signature } from "../src/domain/Key.ts"
import type { Letters } from "../src/domain/Letter.ts"
import type { MeshEvent } from "../src/domain/MeshEvent.ts"
import type { Pass } from "../src/domain/Pass.ts"
import type { Peer, PeerId } from "../src/domain/Peer.ts"
import type { Roster } from "../src/domain/Roster.ts"
import type { Proof } from "../src/domain/Seal.ts"
import type { Connection } from "./Transport.ts"

export class Membership extends Context.Tag("outlive/Membership")<
  Membership,
  {
    /**
     * Whether this node may talk to the node that it has dialled: the peer `to`, or any member if `to` is left out.
     * Called before a byte is sent. Fails with the reason, in words.
     */
    readonly meets: (connection: Connection, to?: PeerId) => Effect.Effect<void, string>
    /** Whether the node at the other end has that id. */
    readonly isCalled: (connection: Connection, id: PeerId) => boolean
    /** Whether that id takes part in the chat. */
    readonly knows: (id: PeerId) => boolean
    /** What this node shows in its introduction on that connection; undefined in a plain chat. */
    readonly pass: (connection: Connection) => Pass | undefined
    /**
     * Whether a visitor may join. An invited visitor belongs to the chat from then on, unless its id looks like that of
     * a member. Undefined in a plain chat: everybody may.
     */
    readonly admits:
      | ((
          connection: Connection,
          visitor: Peer,
          pass: Pass | undefined
        ) => Effect.Effect<boolean, StateUnavailable | IdLooksAlike>)
      | undefined
    /** Signs what this node says, so that others can pass it on; undefined in a plain chat. */
    readonly sign: ((claim: string) => Signature) | undefined
    /** Seals and opens private messages; undefined in a plain chat. */
    readonly letters: Letters | undefined
    /** Checks a claim and its signature. */
    readonly judge: (author: PeerId, claim: string, signature: Signature) => Proof
    /** The version of the roster. */
    readonly version: () => number
    /** The entries that a node with that version of the roster lacks. */
    readonly since: (version: number) => Roster
    /** Adopts newer entries of the roster from a peer; false if they are not what the server has signed. */
    readonly learn: (news: Roster) => Effect.Effect<boolean>
    /** Emits when the roster or the known keys have changed. Several changes may be one element. */
    readonly changes: Stream.Stream<void>
    /** Events to show to people. */
    readonly events: Stream.Stream<MeshEvent>
    /** The chat that this node is in; undefined while it is in none. */
    readonly chat: () => ChatId | undefined
    /** The place where the chat was found at the start, if people can choose another place. */
    readonly chatFrom: string | undefined
    /**
     * Enters that chat, or a new one if none is given, unless this node is in a chat already. Returns the chat that it
     * is in then. If the next start needs it, it is on disk when this returns.
     */
    readonly enter: (chat?: ChatId) => Effect.Effect<ChatId, PortStoreUnavailable>
    /** The same at once, if nothing has to be written; undefined otherwise. */
    readonly enterNow: (chat?: ChatId) => ChatId | undefined
  }
>() {}

/** Who may take part in the chat, and how a node shows that it may. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { ChatId } from "../src/domain/Chat.ts"
import type { IdLooksAlike, PortStoreUnavailable, StateUnavailable } from "../src/domain/Errors.ts"
import type { Signature } from "../src/domain/Key.ts"
import type { MeshEvent } from "../src/domain/MeshEvent.ts"
import type { Pass } from "../src/domain/Pass.ts"
import type { Address, Named, Peer, PeerId } from "../src/domain/Peer.ts"
import type { Roster, Status } from "../src/domain/Roster.ts"
import type { Proof } from "../src/domain/Seal.ts"
import type { Connection } from "./Transport.ts"

/** What two people compare aloud: the same digits at both, if each is who the other takes it for. */
export interface Comparison {
  /** By the key that is known. */
  readonly known: string | undefined
  /** By the key that was refused. */
  readonly refused: string | undefined
}

export class Membership extends Context.Tag("outlive/Membership")<
  Membership,
  {
    /**
     * Whether whoever answers at the other end of a call is somebody to talk to: that peer, if one is meant, or anybody
     * who takes part. Comes before a byte is sent. Why not, in words.
     */
    readonly meets: (connection: Connection, to?: PeerId) => Effect.Effect<void, string>
    /** Whether whoever is at the other end is called that. */
    readonly isCalled: (connection: Connection, id: PeerId) => boolean
    /** Whether that id is one of those who take part. */
    readonly knows: (id: PeerId) => boolean
    /** Whether that node has the role that it says, or that others say of it. */
    readonly hasRole: (named: Named) => boolean
    /** What this node shows of itself when it introduces itself there; undefined where nobody asks. */
    readonly pass: (connection: Connection) => Pass | undefined
    /** Whether a visitor may come in. One that is invited belongs to the chat from then on,
     * unless people can't tell its id from a member's. */
    readonly admits: (
      connection: Connection,
      visitor: Peer,
      pass: Pass | undefined
    ) => Effect.Effect<boolean, StateUnavailable | IdLooksAlike>
    /** Signs what this node says, so that others can hand it on; undefined where nobody signs. */
    readonly sign: ((claim: string) => Signature) | undefined
    /** What to think of a claim that somebody is said to have signed. */
    readonly judge: (author: PeerId, claim: string, signature: Signature) => Proof
    /** The version of the roster. */
    readonly version: () => number
    /** What somebody lacks who has that version of the roster. */
    readonly since: (version: number) => Roster
    /** Takes over what a peer knows more of the roster; false if it is not what the server has said. */
    readonly learn: (news: Roster) => Effect.Effect<boolean>
    /** Says that the roster or the keys that are known have changed, however often. */
    readonly changes: Stream.Stream<void>
    /** What people should hear of. */
    readonly events: Stream.Stream<MeshEvent>
    /** What to compare with that peer. */
    readonly compare: (id: PeerId) => Comparison
    /** Accepts the key that was refused for an id; false if none was. */
    readonly trust: (id: PeerId) => Effect.Effect<boolean, StateUnavailable>
    /** Changes how a member stands, if this node owns the chat; false if there is none of that id. */
    readonly decide: (id: PeerId, status: Status) => Effect.Effect<boolean, StateUnavailable>
    /** Remembers at which address the server listens, for the invitations to come. */
    readonly listensAt: (server: Address) => Effect.Effect<void, StateUnavailable>
    /** The chat that this node is in; undefined as long as it is in none. */
    readonly chat: () => ChatId | undefined
    /** Where it was found at the start that this node is in that chat, if people can name another place. */
    readonly chatFrom: string | undefined
    /**
     * Enters that chat, or a new one if none is named, unless this node is in one. Returns the one that it is in then. It
     * is kept when this returns, where the next start is to know it.
     */
    readonly enter: (chat?: ChatId) => Effect.Effect<ChatId, PortStoreUnavailable>
    /** Whether this node owns the chat. */
    readonly owns: boolean
  }
>() {}

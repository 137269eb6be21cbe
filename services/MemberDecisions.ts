/** What people decide about keys and members, and what they need to know for that. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { StateUnavailable } from "../src/domain/Errors.ts"
import type { Address, PeerId } from "../src/domain/Peer.ts"
import type { Status } from "../src/domain/Roster.ts"

/** The digits that two people compare by voice. They are the same on both sides if nobody intercepts the connection. */
export interface Comparison {
  /** For the known key. */
  readonly known: string | undefined
  /** For the refused key. */
  readonly refused: string | undefined
}

export class MemberDecisions extends Context.Tag("outlive/MemberDecisions")<
  MemberDecisions,
  {
    /** The digits to compare with that peer. */
    readonly compare: (id: PeerId) => Comparison
    /** Accepts the refused key of an id; false if there is none. */
    readonly trust: (id: PeerId) => Effect.Effect<boolean, StateUnavailable>
    /** Changes the status of a member, if this node owns the chat; false if there is no member with that id. */
    readonly decide: (id: PeerId, status: Status) => Effect.Effect<boolean, StateUnavailable>
    /** Records the server's address, for future invitations. */
    readonly listensAt: (server: Address) => Effect.Effect<void, StateUnavailable>
    /** Whether this node owns the chat. */
    readonly owns: boolean
  }
>() {}

/** The server's invitations. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { StateUnavailable } from "../src/domain/Errors.ts"
import type { Invitation, Terms, Token } from "../src/domain/Invitation.ts"
import type { PublicKey } from "../src/domain/Key.ts"
import type { PeerId } from "../src/domain/Peer.ts"

/**
 * Invitations of a server. Several processes may use them at the same time: the server, and the commands that a person
 * runs.
 */
export class Invitations extends Context.Tag("outlive/Invitations")<
  Invitations,
  {
    /** Makes an invitation. Its token exists only in the result. */
    readonly issue: (terms: Terms) => Effect.Effect<Token, StateUnavailable>
    /** All invitations that were not revoked, oldest first. */
    readonly all: Effect.Effect<ReadonlyArray<Invitation>, StateUnavailable>
    /** Revokes an invitation; false if there is none. */
    readonly revoke: (key: PublicKey) => Effect.Effect<boolean, StateUnavailable>
    /** Uses an invitation once. False if there is none, it is for somebody else, or it is used up or expired. */
    readonly redeem: (key: PublicKey, by: PeerId) => Effect.Effect<boolean, StateUnavailable>
  }
>() {}

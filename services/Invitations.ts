/** The server's invitations. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { StateUnavailable } from "../src/domain/Errors.ts"
import type { Invitation, Token } from "../src/domain/Invitation.ts"
import type { PublicKey } from "../src/domain/Key.ts"
import type { PeerId } from "../src/domain/Peer.ts"

/** Several programs may use the same invitations at a time: one that serves, and those that a person types. */
export class Invitations extends Context.Tag("outlive/Invitations")<
  Invitations,
  {
    /** Makes one. Nothing but what this returns can tell its token. */
    readonly issue: (terms: Pick<Invitation, "uses" | "expires">) => Effect.Effect<Token, StateUnavailable>
    /** All that were not revoked, the oldest first. */
    readonly all: Effect.Effect<ReadonlyArray<Invitation>, StateUnavailable>
    /** Takes one back; false if there is none. */
    readonly revoke: (key: PublicKey) => Effect.Effect<boolean, StateUnavailable>
    /** Lets somebody come by it: one use fewer is left. False if there is none, or it is not open any more. */
    readonly redeem: (key: PublicKey, by: PeerId) => Effect.Effect<boolean, StateUnavailable>
  }
>() {}

/** What a node shows besides its name, on a secure connection. */
import * as Schema from "effect/Schema"
import { Proof } from "./Invitation.ts"
import { Member } from "./Roster.ts"

export const Pass = Schema.Struct({
  /** The version of the roster that it has. */
  version: Schema.NonNegativeInt,
  /** The server's roster entry for it, for nodes that do not have it yet. */
  member: Schema.optionalWith(Member, { exact: true }),
  /** The proof of an invitation. */
  invitation: Schema.optionalWith(Proof, { exact: true })
})
export type Pass = typeof Pass.Type

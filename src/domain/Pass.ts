/** What a node shows of itself beyond its name, on a secure connection. */
import * as Schema from "effect/Schema"
import { Proof } from "./Invitation.ts"
import { Member } from "./Roster.ts"

export const Pass = Schema.Struct({
  /** The version of the roster that it has. */
  version: Schema.NonNegativeInt,
  /** The server's word on it, for those who have not heard it yet. */
  member: Schema.optionalWith(Member, { exact: true }),
  /** By which invitation it comes. */
  invitation: Schema.optionalWith(Proof, { exact: true })
})
export type Pass = typeof Pass.Type

/** One object as both contracts about members. */
import * as Context from "effect/Context"
import { MemberDecisions } from "../../services/MemberDecisions.ts"
import { Membership } from "../../services/Membership.ts"

/** A context in which one object fulfils both contracts. */
export const bothOf = (
  made: Membership["Type"] & MemberDecisions["Type"]
): Context.Context<Membership | MemberDecisions> =>
  Context.make(Membership, made).pipe(Context.add(MemberDecisions, made))

/** What a node knows of members, as each of those who use it sees it. */
import * as Context from "effect/Context"
import { MemberDecisions } from "../../services/MemberDecisions.ts"
import { Membership } from "../../services/Membership.ts"

/** The contracts that one thing fulfils. */
export const bothOf = (
  made: Membership["Type"] & MemberDecisions["Type"]
): Context.Context<Membership | MemberDecisions> =>
  Context.make(Membership, made).pipe(Context.add(MemberDecisions, made))

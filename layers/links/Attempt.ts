/** A call or a visit under way: the link comes up, or the attempt has failed. */
import type * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import {
  type ForeignChat,
  type IdLooksAlike,
  type IdTaken,
  type NotAdmitted,
  type NotInvited,
  PeerUnreachable,
  type PortTaken
} from "../../src/domain/Errors.ts"
import type { Peer } from "../../src/domain/Peer.ts"

/** Why there is no link. */
export type CallFailed = PeerUnreachable | PortTaken | NotAdmitted | NotInvited | IdTaken | IdLooksAlike | ForeignChat

export interface Attempt {
  /** Whether it asks whoever answers to let this node in. */
  readonly joins: boolean
  /** The two are connected: what breaks from now on may be replaced by what comes of this attempt. */
  readonly connected: () => void
  /** Says what has become of it: the first time counts. What broke meanwhile may be replaced by it until then. */
  readonly settle: (outcome: Exit.Exit<void, CallFailed>) => Effect.Effect<void>
}

export const vanished = ({ address }: Peer) => new PeerUnreachable({ address, detail: "it vanished" })

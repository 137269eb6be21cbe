/** An attempt to get a link, by dialling or accepting: it results in a link or a failure. */
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
import type { Rest } from "../../src/domain/Rest.ts"

/** Why there is no link. */
export type CallFailed = PeerUnreachable | PortTaken | NotAdmitted | NotInvited | IdTaken | IdLooksAlike | ForeignChat

export interface Attempt {
  /** Whether this node asks for admission in it. */
  readonly joins: boolean
  /** The two nodes are connected. A link that breaks from now on may be replaced by the result of this attempt. */
  connected(): void
  /** Sets the result. Only the first call counts. Until then, a link that broke meanwhile may be replaced by it. */
  settle(outcome: Exit.Exit<void, CallFailed>): Rest
}

export const vanished = ({ address }: Peer) => new PeerUnreachable({ address, detail: "it vanished" })

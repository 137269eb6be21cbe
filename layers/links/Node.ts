/** What all parts of links share: what the node was told, what it knows, its links. */
import type * as Duration from "effect/Duration"
import type { Limits } from "../../src/domain/Limits.ts"
import type { LinkTable } from "../../src/domain/LinkTable.ts"
import type { Address, PeerId, Role } from "../../src/domain/Peer.ts"
import type { Ground } from "../LinkContract.ts"
import type { Link } from "./Link.ts"

export interface Settings {
  readonly id: PeerId
  readonly role: Role
  /** Where this node listens, and at which host the others reach it. Port 0: one that the system chooses. */
  readonly listen: Address
  /** Whether this node is in the chat from the start, as a server is, or must be admitted by another. */
  readonly member: boolean
  /** Whether it comes for a moment only, to say something: then nobody is told that it comes, or goes. */
  readonly passing?: boolean
  /** How many lines of what was said before it came this node would like to see: none by default. */
  readonly history?: number
  /** A peer that gives no sign of life for this long is lost. */
  readonly silence: Duration.DurationInput
  /** With so many links that this, for each of them, is longer in all, that long: so what signs of life cost has a bound. None by default. */
  readonly silenceALink?: Duration.DurationInput
  /** A client that can't be reached for this long is given up. */
  readonly patience: Duration.DurationInput
  /** How much it takes from others: `defaultLimits` where nothing else is said. */
  readonly limits?: Partial<Limits>
}

/**
 * One node, as the parts of links see it. All other state has one owner, the part that changes it, each change in one
 * synchronous step; the others ask that part.
 */
export interface Node extends Ground {
  readonly settings: Settings
  /** Its links, and the handshakes under way. */
  readonly table: LinkTable<Link>
  /** Where the others reach it: its port is known once it listens. */
  readonly address: () => Address
  /** Whether it is in the chat. */
  readonly isMember: () => boolean
  /** Whether it is saying goodbye. */
  readonly isLeaving: () => boolean
}

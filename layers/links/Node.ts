/** What all parts of links share: settings, the state of the node, its links. */
import type * as Duration from "effect/Duration"
import type { Limits } from "../../src/domain/Limits.ts"
import type { LinkTable } from "../../src/domain/LinkTable.ts"
import type { Address, PeerId, Role } from "../../src/domain/Peer.ts"
import type { Ground } from "../LinkContract.ts"
import type { Link } from "./Link.ts"

export interface Settings {
  readonly id: PeerId
  readonly role: Role
  /** The address where this node listens and the others reach it. Port 0: the system chooses one. */
  readonly listen: Address
  /** Whether this node is in the chat from the start, as a server is. Otherwise another node must admit it. */
  readonly member: boolean
  /** Whether it only passes through to say something, so that nobody is told about it. */
  readonly passing?: boolean
  /** How much history this node wants; none by default. */
  readonly history?: number
  /** In which rooms of others it takes part without joining them; none by default. */
  readonly carries?: "all" | "none"
  /** A peer that is silent for this long is lost. */
  readonly silence: Duration.DurationInput
  /** The limit of silence is at least this for each link, so that pings have a bound. None by default. */
  readonly silenceALink?: Duration.DurationInput
  /** A client that can't be reached for this long is given up. */
  readonly patience: Duration.DurationInput
  /** Limits that differ from `defaultLimits`. */
  readonly limits?: Partial<Limits>
}

/**
 * One node, as the parts of links see it. All other state belongs to the part that changes it, in single synchronous
 * steps; other parts ask that part.
 */
export interface Node extends Ground {
  readonly settings: Settings
  /** The links, and the handshakes under way. */
  readonly table: LinkTable<Link>
  /** The address where the others reach it. The port is known once it listens. */
  readonly address: () => Address
  /** Whether it is in the chat. */
  readonly isMember: () => boolean
  /** Whether it is saying goodbye. */
  readonly isLeaving: () => boolean
}

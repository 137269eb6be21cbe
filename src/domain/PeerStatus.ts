/** A peer as this node sees it: linked, sought, or given up. */
import type * as Duration from "effect/Duration"
import type { Peer, PeerId } from "./Peer.ts"
import type { Site } from "./Site.ts"

/** A direct link, seen from this side. */
export interface LinkState {
  /** When it came up, in ms since 1970. */
  readonly since: number
  /** The last round trip; undefined until one was measured. */
  readonly roundTrip: Duration.Duration | undefined
  /** How many posts of this run the peer has not confirmed. */
  readonly behind: number
}

export interface PeerStatus {
  readonly peer: Peer
  /** Undefined while there is none. */
  readonly link: LinkState | undefined
  /** The peer that last passed on its posts; undefined if none had to. */
  readonly through: PeerId | undefined
  /** Whether the patience for it is over, so that it is dialled rarely. */
  readonly givenUp: boolean
  /**
   * Since when it is a guest of the node `through`, or takes part at the site of that server, in ms since 1970;
   * undefined if it is a node with which there is a link, or may be.
   */
  readonly guestSince?: number
  /** The other site at which it takes part. */
  readonly site?: Site
}

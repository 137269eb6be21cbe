/** Somebody in the chat as this node sees it: linked, sought, or given up and heard through others. */
import type * as Duration from "effect/Duration"
import type { Peer, PeerId } from "./Peer.ts"

/** A direct link, seen from this side. */
export interface LinkState {
  /** When it came up, in ms since 1970. */
  readonly since: number
  /** How long a word and its answer took last; undefined until it was measured. */
  readonly roundTrip: Duration.Duration | undefined
  /** How many lines of this node's run it is not known to have. */
  readonly behind: number
}

export interface PeerStatus {
  readonly peer: Peer
  /** Undefined while there is none. */
  readonly link: LinkState | undefined
  /** Who handed on last what it said; undefined if nobody had to. */
  readonly through: PeerId | undefined
  /** Whether it was dialled in vain for so long that it is dialled rarely now. */
  readonly givenUp: boolean
}

/** The heartbeat state of one link. Only `Heartbeat` changes it. */
import type * as Duration from "effect/Duration"

/** Mutable, each change in one synchronous step. Moments are in ns of the node's clock. */
export class Pulse {
  /** How long the last ping took. */
  roundTrip: Duration.Duration | undefined = undefined
  /** When the unanswered ping was sent. */
  pinged: bigint | undefined = undefined
  /** How many pings were sent, and how many of them were answered. */
  pings = 0
  pongs = 0
  /** Whether an answer is awaited. */
  probed = false
  /** When something came last. */
  heardAt: bigint
  /** When this silent peer was asked for a sign of life, if it has not given one since. */
  askedAt: bigint | undefined = undefined
  /** Whether the peer was the last to ping, so that this node leaves the next ping to it. */
  leaves = false
  /** When the round trip was measured last. A new link was not measured yet. */
  measuredAt: bigint | undefined = undefined

  constructor(now: bigint) {
    this.heardAt = now
  }
}

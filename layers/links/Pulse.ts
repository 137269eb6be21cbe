/** The heartbeat state of one link. Only `Heartbeat` changes it. */
import type * as Duration from "effect/Duration"

/** Mutable, each change in one synchronous step. */
export class Pulse {
  /** How long the last ping took. */
  roundTrip: Duration.Duration | undefined = undefined
  /** When the unanswered ping was sent, in ns. */
  pinged: bigint | undefined = undefined
  /** How many pings were sent, and how many of them were answered. */
  pings = 0
  pongs = 0
  /** Whether an answer is awaited. */
  probed = false
  /**
   * For how many rounds nothing has come, and for how many the link was not measured. A new link counts as not measured
   * for long.
   */
  quietRounds = 0
  unmeasuredRounds = Number.POSITIVE_INFINITY
}

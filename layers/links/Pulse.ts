/** The signs of life of one link. `Heartbeat` alone changes them. */
import type * as Duration from "effect/Duration"

/** Mutable, each change in one synchronous step. */
export class Pulse {
  /** How long the last ping took. */
  roundTrip: Duration.Duration | undefined = undefined
  /** When the ping went out that has no answer yet, in ns. */
  pinged: bigint | undefined = undefined
  /** How many pings were sent, and how many of them were answered. */
  pings = 0
  pongs = 0
  /** Whether somebody waits for an answer. */
  probed = false
  /** For how many rounds nothing has come, and for how many the link was not measured: a new one is never measured. */
  quietRounds = 0
  unmeasuredRounds = Number.POSITIVE_INFINITY
}

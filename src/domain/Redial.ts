/** The pauses between two dials: they grow, and are random, so that nodes do not dial in step. */
import type * as Duration from "effect/Duration"
import * as Schedule from "effect/Schedule"

/**
 * Exponential up to 5 s with full jitter, for as long as it is repeated. Full jitter spreads callers best when many lost
 * the same peer at once (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
 */
const from = (first: Duration.DurationInput) =>
  Schedule.exponential(first).pipe(
    Schedule.either(Schedule.spaced("5 seconds")),
    Schedule.jitteredWith({ min: 0, max: 1 })
  )

/** From 100 ms, for peers that had a link or should have one. */
export const redial = from("100 millis")

/** From 1 s, for peers that others have named and that were never met. They may not exist. */
export const redialUnmet = from("1 second")

/** How a node tries again to reach another: gently, and never in step with the others. */
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

/** From 100 ms, for whom a node has had a link to, or should have one. */
export const redial = from("100 millis")

/** From 1 s, for whom others name, and who was never met. Nobody may be there at all. */
export const redialUnmet = from("1 second")

/** How a node tries again to reach another: gently, and never in step with the others. */
import * as Schedule from "effect/Schedule"

/**
 * Exponential from 100 ms to 5 s with full jitter, for as long as it is repeated. Full jitter spreads callers best when
 * many lost the same peer at once (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
 */
export const redial = Schedule.exponential("100 millis").pipe(
  Schedule.either(Schedule.spaced("5 seconds")),
  Schedule.jitteredWith({ min: 0, max: 1 })
)

/** Time for durations. Nobody sets it, so it never jumps and never goes back; it says nothing about the time of day. */
import type * as Clock from "effect/Clock"

/**
 * Milliseconds since some moment before the program began: the difference of two readings is how long something took.
 * Effect's clock takes nanoseconds from Node's `hrtime`, which is monotonic, and milliseconds from `Date`, which is not.
 */
export const millis = (clock: Clock.Clock): number => Number(clock.unsafeCurrentTimeNanos() / 1_000n) / 1_000

/** Monotonic time, for durations. Nobody sets it, so it never jumps and never goes back. It is not the time of day. */
import type * as Clock from "effect/Clock"

/**
 * Milliseconds since an arbitrary moment. The difference of two readings is a duration. Effect's clock takes
 * nanoseconds from Node's `hrtime`, which is monotonic, and milliseconds from `Date`, which is not.
 */
export const millis = (clock: Clock.Clock): number => Number(clock.unsafeCurrentTimeNanos() / 1_000n) / 1_000

/** Time limits that hold while something ends. */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"

/**
 * None after that time. In a finalizer nothing can be interrupted, and a plain time limit waits there for what it limits:
 * this one interrupts it all the same.
 */
export const within =
  (limit: Duration.DurationInput) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<Option.Option<A>, E, R> =>
    Effect.timeoutOption(Effect.interruptible(effect), limit)

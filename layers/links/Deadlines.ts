/** One time limit for many things, kept by one fiber. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Monotonic from "../../src/domain/Monotonic.ts"
import { makeSignal } from "../../src/domain/Signal.ts"

/** Ends one deadline: nothing happens any more when its time is over. */
export type Met = () => void

/** Starts a deadline: calls the function when the time is over. */
export type Deadlines = (expire: () => void) => Met

/** Deadlines of that length, until the scope closes. */
export const make = (limit: Duration.DurationInput): Effect.Effect<Deadlines, never, Scope.Scope> =>
  Effect.gen(function* () {
    const clock = yield* Effect.clock
    const length = Duration.toMillis(limit)
    // All of the same length: they are due in the order in which they began, and the first is the next.
    const waiting = new Set<{ readonly due: number; readonly expire: () => void }>()
    const begun = makeSignal()
    const next = Effect.flatMap(
      begun.until(() => waiting.size > 0),
      () => {
        for (const first of waiting) {
          const left = first.due - Monotonic.millis(clock)
          if (left > 0) return Effect.sleep(Math.ceil(left))
          waiting.delete(first)
          first.expire()
        }
        return Effect.void
      }
    )
    yield* Effect.forkScoped(Effect.forever(next))
    return (expire) => {
      const deadline = { due: Monotonic.millis(clock) + length, expire }
      waiting.add(deadline)
      begun.changed()
      return () => {
        waiting.delete(deadline)
      }
    }
  })

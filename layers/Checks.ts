/** Periodic checks that rest while there is nothing to check. */
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Monotonic from "../src/domain/Monotonic.ts"
import { makeSignal } from "../src/domain/Signal.ts"

export interface Checks {
  /** Something has changed: the next check must take place. Cheap, because it is called for each post. */
  readonly stir: () => void
  /**
   * Runs the check as long as the node runs: at the next interval after `stir`, and at each further one while
   * `isUnfinished` holds. Checks take place at whole intervals since the start, whenever the changes come.
   */
  readonly run: (check: Effect.Effect<void>, isUnfinished: () => boolean) => Effect.Effect<never>
}

export const makeChecks = (clock: Clock.Clock, interval: Duration.DurationInput): Checks => {
  const length = Duration.toMillis(interval)
  const begun = Monotonic.millis(clock)
  const changes = makeSignal()
  let isStirred = true
  /** The number of the last interval in which there was a check. A timer may fire a little early. */
  let last = 0

  const nextInterval = Effect.suspend(() => {
    const passed = Monotonic.millis(clock) - begun
    last = Math.max(last, Math.floor(passed / length)) + 1
    return Effect.sleep(last * length - passed)
  })

  return {
    stir: () => {
      if (isStirred) return
      isStirred = true
      changes.changed()
    },
    run: (check, isUnfinished) =>
      changes
        .until(() => isStirred)
        .pipe(
          Effect.zipRight(nextInterval),
          Effect.zipRight(
            Effect.suspend(() => {
              isStirred = false
              return check
            })
          ),
          Effect.zipRight(
            Effect.sync(() => {
              isStirred ||= isUnfinished()
            })
          ),
          Effect.forever
        )
  }
}

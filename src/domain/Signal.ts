/** Lets fibers wait for state that changes in synchronous steps. */
import * as Effect from "effect/Effect"

export interface Signal {
  /** Returns once that holds. It is looked at now, and after each `changed`: in one step with beginning to wait. */
  readonly until: (holds: () => boolean) => Effect.Effect<void>
  /** Says that something has changed. A plain function. */
  readonly changed: () => void
}

export const makeSignal = (): Signal => {
  const waiting = new Set<() => void>()
  return {
    until: (holds) =>
      Effect.async((resume) => {
        const look = () => {
          if (!holds()) return
          waiting.delete(look)
          resume(Effect.void)
        }
        waiting.add(look)
        look()
        return Effect.sync(() => waiting.delete(look))
      }),
    changed: () => {
      for (const look of waiting) look()
    }
  }
}

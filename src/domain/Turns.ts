/** Runs steps one after the other: at once where that is possible. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { constTrue } from "effect/Function"

/**
 * Whether a step that could run at once may do so. It always may, except in the simulation: that draws it for each step
 * from its seed, so that everything holds either way.
 */
export class SynchronousSteps extends Context.Reference<SynchronousSteps>()("outlive/SynchronousSteps", {
  defaultValue: (): (() => boolean) => constTrue
}) {}

/** How many steps were run at once, and how many as an effect. */
export interface Steps {
  readonly atOnce: number
  readonly inTurn: number
}

export interface Turns {
  /** Runs a step after all steps before it, in the order of the calls. Once called, it is not interrupted. */
  readonly inTurn: <A, E, R>(step: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /**
   * Runs a plain step at once, and returns its result. Returns undefined, and runs nothing, if another step is under
   * way or waits: also from within a step. A step returns undefined if it can't be done at once; it has changed nothing
   * then.
   */
  readonly now: <A>(step: () => A | undefined) => A | undefined
  readonly steps: () => Steps
}

/**
 * Turns that nobody has yet. A semaphore can do `inTurn` too, with about twelve more operations for each step where
 * nobody waits: a tenth of the cost of a line that is said to five. Effect 3's semaphore also loses a permit that is
 * granted to a fiber which is interrupted at that moment. `mayStep`: whether a plain step may run at once.
 */
export const makeTurns = (mayStep: () => boolean = constTrue): Turns => {
  const waiting: Array<() => void> = []
  let isTaken = false
  let atOnce = 0
  let all = 0
  /** Passes the turn on. A step that waits has it from here on, although its fiber runs later. */
  const next = () => {
    const begin = waiting.shift()
    if (begin === undefined) isTaken = false
    else begin()
  }
  // Looked at again: the fiber may have given way since, and whoever had the turn then may be gone.
  const turn = Effect.async<void>((resume) => {
    if (isTaken) waiting.push(() => resume(Effect.void))
    else {
      isTaken = true
      resume(Effect.void)
    }
  })
  return {
    inTurn: (step) => {
      const taken = Effect.matchCauseEffect(step, {
        onFailure: (cause) => {
          next()
          return Effect.failCause(cause)
        },
        onSuccess: (result) => {
          next()
          return Effect.succeed(result)
        }
      })
      return Effect.uninterruptible(
        Effect.suspend(() => {
          all += 1
          if (isTaken) return Effect.zipRight(turn, taken)
          isTaken = true
          return taken
        })
      )
    },
    now: (step) => {
      if (isTaken || !mayStep()) return undefined
      isTaken = true
      try {
        const result = step()
        if (result !== undefined) atOnce += 1
        return result
      } finally {
        next()
      }
    },
    steps: () => ({ atOnce, inTurn: all })
  }
}

/** Steps that take turns. */
import * as Effect from "effect/Effect"

/**
 * One step after the other, in the order in which they came; none is broken off, once it was asked for.
 *
 * A semaphore does that too, in some twelve operations more a step where nobody waits: a tenth of what a line costs that is
 * said to five. Effect 3's also loses a permit that is granted to somebody who is interrupted just then.
 */
export const makeTurns = (): (<A, E, R>(step: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>) => {
  const waiting: Array<() => void> = []
  let isTaken = false
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
  return (step) => {
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
        if (isTaken) return Effect.zipRight(turn, taken)
        isTaken = true
        return taken
      })
    )
  }
}

/** Changes of a value that is written whole: those that come during a write are written together by the next one. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"

/** A change that waits for its write. */
interface Waiting<A, E> {
  readonly change: (before: A) => A
  readonly written: Deferred.Deferred<void, E>
}

export interface Gathered<A, E> {
  /** The value that was written last. */
  readonly current: () => A
  /**
   * Applies a change after all changes before it. It is written when this returns. A change that gives the same value
   * needs no write. If a write fails, all changes in it fail, and none of them counts.
   */
  readonly change: (change: (before: A) => A) => Effect.Effect<void, E>
}

/** A value that is written already. At most one `write` runs at a time, in a fiber of the scope. */
export const make = <A, E>(
  written: A,
  write: (next: A) => Effect.Effect<void, E>
): Effect.Effect<Gathered<A, E>, never, Scope.Scope> =>
  Effect.map(FiberSet.makeRuntime<never, void, never>(), (run) => {
    let current = written
    let waiting: Array<Waiting<A, E>> = []
    let isWriting = false

    /** Writes the changes that wait. Whatever happens, each of them is told. */
    const writeBatch = Effect.suspend(() => {
      const batch = waiting
      waiting = []
      let next = current
      return Effect.suspend(() => {
        next = batch.reduce((before, { change }) => change(before), current)
        return next === current ? Effect.void : write(next)
      }).pipe(
        Effect.onExit((exit) => {
          if (Exit.isSuccess(exit)) current = next
          return Effect.forEach(batch, ({ written }) => Deferred.done(written, exit), { discard: true })
        }),
        Effect.exit
      )
    })

    const writeAll: Effect.Effect<void> = Effect.suspend(() => {
      if (waiting.length > 0) return Effect.zipRight(writeBatch, writeAll)
      isWriting = false
      return Effect.void
    })

    return {
      current: () => current,
      change: (change) =>
        Effect.suspend(() => {
          const mine: Waiting<A, E> = { change, written: Deferred.unsafeMake(FiberId.none) }
          waiting.push(mine)
          if (!isWriting) {
            isWriting = true
            run(writeAll)
          }
          return Deferred.await(mine.written)
        })
    }
  })

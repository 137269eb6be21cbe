/** Tells plain functions, and fibers that wait, of state that changes in synchronous steps. */
import * as Channel from "effect/Channel"
import type * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

export interface Signal {
  /**
   * Returns once the condition holds. It is checked now, and after each `changed`. Checking and beginning to wait are
   * one step.
   */
  readonly until: (holds: () => boolean) => Effect.Effect<void>
  /** Emits what `take` gives each time the condition holds. Ends when `take` gives none. */
  readonly stream: <A>(holds: () => boolean, take: () => Option.Option<Chunk.Chunk<A>>) => Stream.Stream<A>
  /**
   * Calls a function after each change, until the function that is returned is called. It must be cheap and must not
   * throw. It may itself change the state: then all listeners are called again once each of them was, never one from
   * within another.
   */
  readonly listen: (look: () => void) => () => void
  /** Says that something has changed. Listeners are called before fibers go on. */
  readonly changed: () => void
}

export const makeSignal = (): Signal => {
  const waiting = new Set<() => void>()
  const listeners = new Set<() => void>()
  /** `isTelling`: whether listeners are being called. `isOld`: whether something has changed since that began. */
  let isTelling = false
  let isOld = false
  const tell = () => {
    isOld = true
    if (isTelling) return
    isTelling = true
    try {
      while (isOld) {
        isOld = false
        for (const look of listeners) look()
      }
    } finally {
      isTelling = false
    }
  }
  /** Resumes as soon as the condition holds. The returned effect cancels that. */
  const wait = <A>(holds: () => boolean, resume: (given: Effect.Effect<A>) => void, given: Effect.Effect<A>) => {
    const look = () => {
      if (!holds()) return
      waiting.delete(look)
      resume(given)
    }
    waiting.add(look)
    look()
    return () => waiting.delete(look)
  }
  return {
    until: (holds) => Effect.async((resume) => Effect.sync(wait(holds, resume, Effect.void))),
    // As Mailbox does it: one stage of a Stream, where unfolding would take three, on paths that wake for every line. Nothing
    // is undone when its reader is interrupted: that would take ten operations more each time, a third of what a wake costs,
    // and what is left behind is gone as soon as it holds again.
    stream: <A>(holds: () => boolean, take: () => Option.Option<Chunk.Chunk<A>>) => {
      const given = Effect.sync(take)
      const taken = Effect.async<Option.Option<Chunk.Chunk<A>>>((resume) => {
        wait(holds, resume, given)
      })
      const loop: Channel.Channel<Chunk.Chunk<A>> = Channel.flatMap(
        taken,
        Option.match({
          onNone: () => Channel.void,
          onSome: (chunk) => Channel.zipRight(Channel.write(chunk), loop)
        })
      )
      return Stream.fromChannel(loop)
    },
    listen: (look) => {
      listeners.add(look)
      return () => listeners.delete(look)
    },
    changed: () => {
      if (listeners.size > 0) tell()
      for (const look of waiting) look()
    }
  }
}

/** Begins to listen, and ends it when the scope closes. `listen` returns what ends it. */
export const whileOpen = (listen: () => () => void): Effect.Effect<void, never, Scope.Scope> =>
  Effect.asVoid(Effect.acquireRelease(Effect.sync(listen), (stop) => Effect.sync(stop)))

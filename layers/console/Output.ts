/** One of the process' outputs. */
import type { Writable } from "node:stream"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

export interface Output {
  /** Returns when this was taken, or when nobody takes anything any more. What `behind` writes goes out with it. */
  readonly write: (text: string, behind?: () => void) => Effect.Effect<void>
  /** Whether nobody takes anything any more. */
  readonly isGone: () => boolean
}

export interface Writer {
  /** Writes that; calls `taken` when it was taken, or when nobody takes anything any more. */
  readonly write: (text: string, taken: () => void) => void
  /** Whether nobody takes anything any more. */
  readonly isGone: () => boolean
}

/** Writes to a stream, and knows whether what it wrote was taken. */
export const makeWriter = (stream: Writable): Writer => {
  let hasFailed = false
  const isGone = () => hasFailed || !stream.writable
  return {
    isGone,
    write: (text, taken) => {
      if (isGone()) return taken()
      stream.write(text, (error) => {
        hasFailed ||= error !== undefined && error !== null
        taken()
      })
    }
  }
}

/** Calls `onGone` when a stream fails, until the scope closes: nobody reads it any more. */
export const watch = (stream: Writable, onGone: () => void): Effect.Effect<void, never, Scope.Scope> =>
  // An `error` that nobody listens to would end the process.
  Effect.acquireRelease(
    Effect.sync(() => void stream.on("error", onGone)),
    () => Effect.sync(() => stream.off("error", onGone))
  )

/** `gone` is done when nobody reads any more: the other end of a pipe has closed. */
export const make = (stream: Writable, gone: Deferred.Deferred<void>): Effect.Effect<Output, never, Scope.Scope> =>
  Effect.gen(function* () {
    yield* watch(stream, () => Deferred.unsafeDone(gone, Effect.void))
    const { isGone, write } = makeWriter(stream)
    return {
      isGone,
      write: (text, behind) =>
        Effect.async((resume) => {
          if (text === "" || isGone()) return resume(Effect.void)
          stream.cork()
          write(text, () => resume(Effect.void))
          behind?.()
          stream.uncork()
        })
    }
  })

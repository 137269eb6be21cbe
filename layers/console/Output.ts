/** One of the process' outputs. */
import type { Writable } from "node:stream"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

export interface Output {
  /** Returns when this was taken, or when nobody takes anything any more. What `behind` writes goes out with it. */
  readonly write: (text: string, behind?: () => void) => Effect.Effect<void>
  /** Whether something was written that nobody has taken. A plain function. */
  readonly isGone: () => boolean
}

/** `gone` is done when nobody reads any more: the other end of a pipe has closed. */
export const make = (stream: Writable, gone: Deferred.Deferred<void>): Effect.Effect<Output, never, Scope.Scope> =>
  Effect.gen(function* () {
    // An `error` that nobody listens to would end the process.
    const onError = () => Deferred.unsafeDone(gone, Effect.void)
    yield* Effect.acquireRelease(
      Effect.sync(() => stream.on("error", onError)),
      () => Effect.sync(() => stream.off("error", onError))
    )
    let isGone = false
    return {
      isGone: () => isGone,
      write: (text, behind) =>
        Effect.async((resume) => {
          isGone ||= !stream.writable
          if (text === "" || isGone) return resume(Effect.void)
          stream.cork()
          stream.write(text, (error) => {
            isGone ||= error !== undefined && error !== null
            resume(Effect.void)
          })
          behind?.()
          stream.uncork()
        })
    }
  })

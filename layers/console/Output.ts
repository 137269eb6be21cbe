/** An output of the process: stdout or stderr. */
import type { Writable } from "node:stream"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

export interface Writer {
  /** Writes a text. Calls `taken` when the stream has taken it, or the reader is gone. An empty text is taken at once. */
  readonly write: (text: string, taken: () => void) => void
  /** Whether the reader is gone. */
  readonly isGone: () => boolean
}

/** A Writer for a stream. */
export const makeWriter = (stream: Writable): Writer => {
  let hasFailed = false
  const isGone = () => hasFailed || !stream.writable
  return {
    isGone,
    write: (text, taken) => {
      if (text === "" || isGone()) return taken()
      stream.write(text, (error) => {
        hasFailed ||= error !== undefined && error !== null
        taken()
      })
    }
  }
}

/** Calls `onGone` when a stream fails, which means that its reader is gone. Stops when the scope closes. */
export const watch = (stream: Writable, onGone: () => void): Effect.Effect<void, never, Scope.Scope> =>
  // An `error` event without a listener would end the process.
  Effect.acquireRelease(
    Effect.sync(() => void stream.on("error", onGone)),
    () => Effect.sync(() => stream.off("error", onGone))
  )

/** A Writer for a stream. Completes `gone` when the reader is gone, because the other end of the pipe has closed. */
export const make = (stream: Writable, gone: Deferred.Deferred<void>): Effect.Effect<Writer, never, Scope.Scope> =>
  Effect.as(
    watch(stream, () => Deferred.unsafeDone(gone, Effect.void)),
    makeWriter(stream)
  )

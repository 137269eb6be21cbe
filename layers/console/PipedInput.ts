/** Reads lines from a pipe, each as soon as it is complete. */
import type { Readable } from "node:stream"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Typed } from "../../services/Console.ts"
import { absurd } from "../../src/domain/Absurd.ts"
import { makePipedLines, type Piped } from "./PipedLines.ts"
import { makeTypedLines, type TypedLines } from "./TypedLines.ts"

/** If more lines than this wait to be read, the pipe is paused. */
const mostWaiting = 1_024

/** If this many bytes were taken at once, one piece after the other, everything else gets its turn first. */
const handful = 65_536

/** The longest line that can be sent, in bytes. */
export const longestLine = 64 * 1024

const typedOf = (piped: Piped, longest: number): Typed => {
  if (typeof piped === "string") return { text: piped }
  switch (piped._tag) {
    case "TooLong":
      return {
        text: "",
        trouble: { sentence: `Line ${piped.number} is longer than ${longest} bytes and was not sent.`, failed: true }
      }
    case "NotUtf8":
      return {
        text: "",
        trouble: {
          sentence: `Line ${piped.number} is not UTF-8: invalid bytes are sent as �. Later lines are not checked.`,
          failed: false
        }
      }
    default:
      return absurd(piped)
  }
}

/** A pipe as the input of a Console. */
export type PipedInput = Pick<TypedLines, "lines" | "offer">

/**
 * Reads until the scope closes. The lines end when the pipe ends or breaks, and when the screen is gone. The last line
 * needs no newline. Nothing is kept of a line of more than `longest` bytes. This is a single Stream stage over plain
 * functions, because each further stage would wake up for each line.
 */
export const make = (
  pipe: Readable,
  gone: Deferred.Deferred<void>,
  longest = longestLine
): Effect.Effect<PipedInput, never, Scope.Scope> =>
  Effect.gen(function* () {
    const pieces = makePipedLines(longest)
    const resume = () => {
      if (pipe.isPaused() && typed.waiting() <= mostWaiting) pipe.resume()
    }
    const typed = makeTypedLines(resume)
    /** How many bytes were taken at once since others had their turn. */
    let taken = 0

    const add = (all: ReadonlyArray<Piped>) => {
      typed.add(all.map((piped) => typedOf(piped, longest)))
      if (typed.waiting() > mostWaiting) pipe.pause()
    }
    const letOthersRun = () => {
      taken = 0
      pipe.pause()
      setImmediate(resume)
    }
    const onData = (piece: Buffer) => {
      const all = pieces.take(piece)
      if (all.length === 0) return
      if (!all.every(isText) || !typed.offered(all)) return add(all)
      taken += piece.length
      if (taken >= handful) letOthersRun()
    }
    const onEnd = () => {
      add(pieces.end())
      typed.end()
    }
    yield* Effect.acquireRelease(
      Effect.sync(() => pipe.on("data", onData).on("end", onEnd).on("error", onEnd).on("close", onEnd)),
      () => Effect.sync(() => pipe.removeAllListeners("data").destroy())
    )
    yield* Effect.forkScoped(Effect.zipRight(Deferred.await(gone), Effect.sync(typed.end)))
    return typed
  })

const isText = (piped: Piped): piped is string => typeof piped === "string"

/** Reads nothing, and leaves stdin untouched. The lines end when the screen is gone. */
export const none = (gone: Deferred.Deferred<void>): PipedInput => ({
  lines: Stream.drain(Stream.fromEffect(Deferred.await(gone))),
  offer: () => () => {}
})

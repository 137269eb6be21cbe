/** The lines of a pipe, each as soon as it is whole. */
import type { Readable } from "node:stream"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Typed } from "../../services/Console.ts"
import { absurd } from "../../src/domain/Absurd.ts"
import { makeSignal } from "../../src/domain/Signal.ts"
import { makePipedLines, type Piped } from "./PipedLines.ts"

/** Above so many lines that nobody has taken, the pipe waits. */
const mostWaiting = 1_024

/** In bytes: no longer line can be said. */
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

/**
 * Reads until the scope closes; the lines end when the pipe does, and when the screen is gone. A pipe that breaks has
 * ended; a last line needs no newline. Of a line of more than `longest` bytes nothing is kept. Plain functions up to the
 * one stage of a Stream: each would wake at each line.
 */
export const make = (
  pipe: Readable,
  gone: Deferred.Deferred<void>,
  longest = longestLine
): Effect.Effect<Stream.Stream<Typed>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const changes = makeSignal()
    const lines = makePipedLines(longest)
    let typed: Array<Typed> = []
    let ended = false

    const add = (all: ReadonlyArray<Piped>) => {
      for (const piped of all) typed.push(typedOf(piped, longest))
      if (typed.length > mostWaiting) pipe.pause()
      changes.changed()
    }
    const onData = (piece: Buffer) => {
      const whole = lines.take(piece)
      if (whole.length > 0) add(whole)
    }
    const end = () => {
      ended = true
      changes.changed()
    }
    const onEnd = () => {
      add(lines.end())
      end()
    }
    yield* Effect.acquireRelease(
      Effect.sync(() => pipe.on("data", onData).on("end", onEnd).on("error", onEnd).on("close", onEnd)),
      () => Effect.sync(() => pipe.removeAllListeners("data").destroy())
    )
    yield* Effect.forkScoped(Effect.zipRight(Deferred.await(gone), Effect.sync(end)))
    return changes.stream(
      () => typed.length > 0 || ended,
      () => {
        if (typed.length === 0) return Option.none()
        const lines = Chunk.unsafeFromArray(typed)
        typed = []
        if (pipe.isPaused()) pipe.resume()
        return Option.some(lines)
      }
    )
  })

/** No lines: stdin stays untouched. They end when the screen is gone. */
export const none = (gone: Deferred.Deferred<void>): Stream.Stream<Typed> =>
  Stream.drain(Stream.fromEffect(Deferred.await(gone)))

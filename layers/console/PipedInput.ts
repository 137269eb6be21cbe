/** Reads lines from a pipe, each as soon as it is complete. */
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

/** If more lines than this wait to be read, the pipe is paused. */
const mostWaiting = 1_024

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

/**
 * Reads until the scope closes. The lines end when the pipe ends or breaks, and when the screen is gone. The last line
 * needs no newline. Nothing is kept of a line of more than `longest` bytes. This is a single Stream stage over plain
 * functions, because each further stage would wake up for each line.
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

/** Reads nothing, and leaves stdin untouched. The lines end when the screen is gone. */
export const none = (gone: Deferred.Deferred<void>): Stream.Stream<Typed> =>
  Stream.drain(Stream.fromEffect(Deferred.await(gone)))

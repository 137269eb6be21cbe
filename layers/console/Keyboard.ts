/** The lines of a pipe, each as soon as it is whole. */
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { Typed } from "../../services/Console.ts"
import { makeSignal } from "../../src/domain/Signal.ts"

/** Above so many lines that nobody has taken, the pipe waits. */
const mostWaiting = 1_024

/** Without the carriage return that Windows leaves. */
const typedOf = (line: string): Typed => ({ text: line.endsWith("\r") ? line.slice(0, -1) : line })

/**
 * Reads until the scope closes; the lines end when the pipe does, and when the screen is gone. A pipe that breaks has
 * ended; a last line needs no newline. Plain functions up to the one stage of a Stream: each would wake at each line.
 */
export const make = (
  pipe: NodeJS.ReadStream,
  gone: Deferred.Deferred<void>
): Effect.Effect<Stream.Stream<Typed>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const changes = makeSignal()
    let unfinished = ""
    let typed: Array<Typed> = []
    let ended = false

    const onData = (piece: string) => {
      const lines = (unfinished + piece).split("\n")
      unfinished = lines.pop() ?? ""
      for (const line of lines) typed.push(typedOf(line))
      if (typed.length > mostWaiting) pipe.pause()
      changes.changed()
    }
    const end = () => {
      ended = true
      changes.changed()
    }
    const onEnd = () => {
      if (unfinished !== "") onData("\n")
      end()
    }
    yield* Effect.acquireRelease(
      Effect.sync(() =>
        pipe.setEncoding("utf8").on("data", onData).on("end", onEnd).on("error", onEnd).on("close", onEnd)
      ),
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

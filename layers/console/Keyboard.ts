/** The lines of a pipe, each as soon as it is whole. */
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Mailbox from "effect/Mailbox"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Typed } from "../../services/Console.ts"

/** Above so many lines that nobody has taken, the pipe waits. */
const mostWaiting = 1_024

/** Without the carriage return that Windows leaves. */
const typedOf = (line: string): Typed => ({ text: line.endsWith("\r") ? line.slice(0, -1) : line })

/**
 * Reads until the scope closes; the lines end when the pipe does, and when the screen is gone. A pipe that breaks has
 * ended; a last line needs no newline. Plain functions up to the mailbox: each stage of a Stream would wake at each line.
 */
export const make = (
  pipe: NodeJS.ReadStream,
  gone: Deferred.Deferred<void>
): Effect.Effect<Stream.Stream<Typed>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const typed = yield* Mailbox.make<Typed>()
    let unfinished = ""
    let waiting = 0

    const onData = (piece: string) => {
      const lines = (unfinished + piece).split("\n")
      unfinished = lines.pop() ?? ""
      waiting += lines.length
      typed.unsafeOfferAll(lines.map(typedOf))
      if (waiting > mostWaiting) pipe.pause()
    }
    const onEnd = () => {
      if (unfinished !== "") onData("\n")
      typed.unsafeDone(Exit.void)
    }
    yield* Effect.acquireRelease(
      Effect.sync(() =>
        pipe.setEncoding("utf8").on("data", onData).on("end", onEnd).on("error", onEnd).on("close", onEnd)
      ),
      () => Effect.sync(() => pipe.removeAllListeners("data").destroy())
    )
    yield* Effect.forkScoped(Effect.zipRight(Deferred.await(gone), typed.end))
    return Stream.mapChunks(Mailbox.toStream(typed), (lines) => {
      const wasFull = waiting > mostWaiting
      waiting -= Chunk.size(lines)
      if (wasFull && waiting <= mostWaiting) pipe.resume()
      return lines
    })
  })

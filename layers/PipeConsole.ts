/** A Console for scripts: stdin and stdout carry the chat's lines alone, and stderr the notices. */
import * as NodeStream from "@effect/platform-node/NodeStream"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { constVoid } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Console } from "../services/Console.ts"
import * as Output from "./console/Output.ts"

/** So many lines wait at most to be taken; then the pipe waits. */
const mostWaiting = 1_024

const make = Effect.gen(function* () {
  const gone = yield* Deferred.make<void>()
  const out = yield* Output.make(process.stdout, gone)
  const error = yield* Output.make(process.stderr, gone)
  const textOf = (lines: ReadonlyArray<{ readonly text: string }>) => lines.map(({ text }) => `${text}\n`).join("")
  // Read once: whoever asks for the lines again, goes on where the one before was.
  const typed = yield* NodeStream.fromReadable<void, Uint8Array>(() => process.stdin, constVoid).pipe(
    // A keyboard that breaks has ended.
    Stream.catchAll(() => Stream.empty),
    Stream.decodeText(),
    Stream.splitLines,
    Stream.map((text) => ({ text })),
    Stream.interruptWhenDeferred(gone),
    Mailbox.fromStream({ capacity: mostWaiting })
  )
  return Console.of({
    lines: Mailbox.toStream(typed),
    show: (lines) =>
      Effect.zipRight(
        out.write(textOf(lines.filter(({ _tag }) => _tag === "Chat"))),
        error.write(textOf(lines.filter(({ _tag }) => _tag === "Notice")))
      ),
    standing: Option.none()
  })
})

export const layer: Layer.Layer<Console> = Layer.scoped(Console, make)

/** A Console for scripts: stdin and stdout carry the chat's lines alone, and stderr the notices. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Console } from "../services/Console.ts"
import * as Keyboard from "./console/Keyboard.ts"
import * as Output from "./console/Output.ts"

const make = Effect.gen(function* () {
  const gone = yield* Deferred.make<void>()
  const out = yield* Output.make(process.stdout, gone)
  const error = yield* Output.make(process.stderr, gone)
  const textOf = (lines: ReadonlyArray<{ readonly text: string }>) => lines.map(({ text }) => `${text}\n`).join("")
  const lines = yield* Keyboard.make(process.stdin, gone)
  return Console.of({
    lines,
    show: (shown) =>
      shown.length === 0
        ? Effect.void
        : Effect.zipRight(
            out.write(textOf(shown.filter(({ _tag }) => _tag === "Chat"))),
            error.write(textOf(shown.filter(({ _tag }) => _tag === "Notice")))
          ),
    standing: Option.none()
  })
})

export const layer: Layer.Layer<Console> = Layer.scoped(Console, make)

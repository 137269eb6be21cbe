/** One row of stderr that says how something goes, for a program without a screen of its own. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { escape } from "../../src/domain/Escape.ts"
import { fitting } from "../../src/terminal/TextWidth.ts"
import * as Legible from "./Legible.ts"

/** Shows words in place of those before, if stderr is a terminal, until the scope closes. */
export const make: Effect.Effect<(words: string) => void, never, Scope.Scope> = Effect.gen(function* () {
  const { stderr } = process
  if (!stderr.isTTY || process.env["TERM"] === "dumb") return () => {}
  const show = (words: string): void => {
    stderr.write(`\r${fitting(words, (stderr.columns || Legible.usualColumns) - 1)}\u001b[K`)
  }
  yield* Effect.addFinalizer(() => Effect.sync(() => show("")))
  return (words: string) => show(escape(words))
})

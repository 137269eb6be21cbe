/** A Console for a terminal on which nothing is ever redrawn, as screen readers like it: line after line, and no colours. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Console } from "../services/Console.ts"
import * as Keyboard from "./console/Keyboard.ts"
import * as Output from "./console/Output.ts"

const make = Effect.gen(function* () {
  const gone = yield* Deferred.make<void>()
  const screen = yield* Output.make(process.stdout, gone)
  const lines = yield* Keyboard.make(process.stdin, gone)
  return Console.of({
    lines,
    show: (shown) => screen.write(shown.map(({ text }) => `${text}\n`).join("")),
    isGone: screen.isGone,
    tell: Option.none(),
    standing: Option.none(),
    isPerson: true,
    seat: Option.none()
  })
})

export const layer: Layer.Layer<Console> = Layer.scoped(Console, make)

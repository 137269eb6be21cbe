/** Interrupts that a test triggers. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Interrupts } from "../services/Interrupts.ts"
import * as Wishes from "./interrupts/Wishes.ts"

export interface Script {
  /** Asks the program to end, like a signal; false if nobody listens. */
  readonly ask: Effect.Effect<boolean>
  /** Asks the program to end, like Ctrl-C. */
  readonly press: Effect.Effect<void>
  readonly layer: Layer.Layer<Interrupts>
}

export const make = (): Script => {
  const { next, tell } = Wishes.make()
  const press = () => {
    tell("key")
  }
  return {
    ask: Effect.sync(() => tell("signal")),
    press: Effect.sync(press),
    layer: Layer.succeed(Interrupts, { next, press })
  }
}

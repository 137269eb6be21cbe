/** How a program is asked to end by whoever runs it, besides by what is typed: Ctrl-C, a signal. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"

export class Interrupts extends Context.Tag("outlive/Interrupts")<
  Interrupts,
  {
    /** Returns when the program is asked to end next. What asks again within a moment is the same wish. */
    readonly next: Effect.Effect<void>
  }
>() {}

/** How a program is asked to end by whoever runs it, besides by what is typed: Ctrl-C, a signal. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"

/** How the program was asked to end: by a key at its terminal, or by a signal. */
export type Wish = "key" | "signal"

export class Interrupts extends Context.Tag("outlive/Interrupts")<
  Interrupts,
  {
    /** Returns when the program is asked to end next. Each key counts. Signals that come within a moment are one wish. */
    readonly next: Effect.Effect<Wish>
    /** Somebody has pressed the key that asks for the end, at a terminal where it makes no signal. */
    readonly press: () => void
  }
>() {}

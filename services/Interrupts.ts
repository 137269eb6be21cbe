/** Requests from outside to end the program: Ctrl-C and signals. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"

/** How the program was asked to end: by a key at its terminal, or by a signal. */
export type Wish = "key" | "signal"

export class Interrupts extends Context.Tag("outlive/Interrupts")<
  Interrupts,
  {
    /** Returns at the next request to end. Each key counts. Signals that come within a moment are one request. */
    readonly next: Effect.Effect<Wish>
    /** Reports that Ctrl-C was pressed at a terminal where it makes no signal. */
    readonly press: () => void
  }
>() {}

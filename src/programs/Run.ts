/** A run of a node, as its programs and commands know it. A node that begins anew begins another one. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Monotonic from "../domain/Monotonic.ts"
import * as Undelivered from "./undelivered.ts"

export class Run extends Context.Tag("outlive/Run")<
  Run,
  {
    /** When it began, in ms since 1970; and in monotonic ms. */
    readonly since: number
    readonly begun: number
    readonly undelivered: Undelivered.Undelivered
  }
>() {}

/** One that begins now. */
export const make = Effect.all({
  since: Clock.currentTimeMillis,
  begun: Effect.clockWith((clock) => Effect.sync(() => Monotonic.millis(clock))),
  undelivered: Undelivered.make
})

/** A run of a node, as its programs and commands know it. A node that fails with `Forked` goes on in another run. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Monotonic from "../domain/Monotonic.ts"
import * as Undelivered from "./undelivered.ts"

export class Run extends Context.Tag("outlive/Run")<
  Run,
  {
    /** When the run began: `since` in ms since 1970, `begun` in monotonic ms. */
    readonly since: number
    readonly begun: number
    readonly undelivered: Undelivered.Undelivered
  }
>() {}

/** Makes a run that begins now. */
export const make = Effect.all({
  since: Clock.currentTimeMillis,
  begun: Effect.clockWith((clock) => Effect.sync(() => Monotonic.millis(clock))),
  undelivered: Undelivered.make
})

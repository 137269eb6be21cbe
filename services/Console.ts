/** The keyboard and the screen of a person, or of a script. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { ScreenLine } from "../src/domain/ScreenLine.ts"

export class Console extends Context.Tag("outlive/Console")<
  Console,
  {
    /** The lines typed that nobody has taken yet, without their newline. Ends at the end of input, and when the screen is gone. */
    readonly lines: Stream.Stream<string>
    /** Shows lines in one write; returns when the screen has taken them. */
    readonly show: (lines: ReadonlyArray<ScreenLine>) => Effect.Effect<void>
  }
>() {}

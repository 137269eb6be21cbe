/** Interrupts of this process: SIGINT and SIGTERM, and the key that stands for SIGINT at a terminal in raw mode. */
import * as Layer from "effect/Layer"
import { Interrupts, type Wish } from "../services/Interrupts.ts"
import * as Wishes from "./interrupts/Wishes.ts"

/** Signals that come within so many milliseconds are one wish: a shell and the program that started this one may both send it. */
const sameWish = 300

/** Who is asked a second time ends within so many milliseconds, whatever it waits for. */
const longestEnd = 2_000

export interface Ending {
  /** Ends the program where nobody listens. */
  readonly interrupt: () => void
  /** Ends the process, whatever the program is doing. */
  readonly abandon: () => void
}

export interface ProcessInterrupts {
  readonly layer: Layer.Layer<Interrupts>
  /**
   * From now on the first wish is told to whoever listens; where nobody does yet, it interrupts the program. The next one is
   * told too, and abandons the program if it has not ended a moment later.
   */
  readonly watch: (ending: Ending) => void
}

/** Plain functions: signals and keys come to the process, not to a fiber. */
export const make = (): ProcessInterrupts => {
  const { next, tell, wasHeard } = Wishes.make()
  let ending: Ending | undefined
  let isFirst = true
  let lastSignal = Number.NEGATIVE_INFINITY

  const asked = (wish: Wish) => {
    const wasListening = wasHeard()
    const isHeard = tell(wish)
    if (isFirst && !wasListening) ending?.interrupt()
    // A program that has ended by then takes its timers along.
    else if ((!isFirst || !isHeard) && ending !== undefined) setTimeout(ending.abandon, longestEnd).unref()
    isFirst = false
  }
  const onSignal = () => {
    const now = performance.now()
    if (now - lastSignal < sameWish) return
    lastSignal = now
    asked("signal")
  }

  return {
    layer: Layer.succeed(Interrupts, { next, press: () => asked("key") }),
    watch: (given) => {
      ending = given
      process.on("SIGINT", onSignal).on("SIGTERM", onSignal)
    }
  }
}

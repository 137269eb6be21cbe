/** Interrupts of this process: SIGINT, SIGTERM, a terminal that hangs up, and Ctrl-C at a terminal in raw mode. */
import * as Layer from "effect/Layer"
import { Interrupts, type Wish } from "../services/Interrupts.ts"
import * as Wishes from "./interrupts/Wishes.ts"

/** Signals within this time, in ms, are one request: a shell and the program that started this one may both send it. */
const sameWish = 300

/** After a second request the program ends within this time, in ms, whatever it waits for. */
const longestEnd = 2_000

export interface Ending {
  /** Ends the program if nobody listens for requests. */
  readonly interrupt: () => void
  /** Ends the process, whatever the program does. */
  readonly abandon: () => void
}

export interface ProcessInterrupts {
  readonly layer: Layer.Layer<Interrupts>
  /**
   * Watches for requests. The first one is told to the listeners; if nobody has listened yet, it interrupts the
   * program. Each further request is told too, and ends the process if the program has not ended `longestEnd` later.
   */
  readonly watch: (ending: Ending) => void
}

/**
 * Uses plain functions, because signals and keys come to the process and not to a fiber. SIGHUP is one of the signals
 * only if the process has a terminal: `nohup` starts programs without one, and they must not notice SIGHUP.
 */
export const make = (hasTerminal: boolean): ProcessInterrupts => {
  const { next, tell, wasHeard } = Wishes.make()
  let ending: Ending | undefined
  let isFirst = true
  let lastSignal = Number.NEGATIVE_INFINITY

  const asked = (wish: Wish) => {
    const wasListening = wasHeard()
    const isHeard = tell(wish)
    if (isFirst && !wasListening) ending?.interrupt()
    // The timer does not keep a program alive that ends earlier.
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
      if (hasTerminal) process.on("SIGHUP", onSignal)
    }
  }
}

/** Interrupts of this process: SIGINT and SIGTERM. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Interrupts } from "../services/Interrupts.ts"

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
   * From now on the first signal is told to whoever listens; where nobody does yet, it interrupts the program. The next one is
   * told too, and abandons the program if it has not ended a moment later.
   */
  readonly watch: (ending: Ending) => void
}

/** Plain functions: signals come to the process, not to a fiber. */
export const make = (): ProcessInterrupts => {
  const listening = new Set<() => void>()
  let hasListener = false

  const next = Effect.async<void>((resume) => {
    const listener = () => resume(Effect.void)
    hasListener = true
    listening.add(listener)
    return Effect.sync(() => listening.delete(listener))
  })

  return {
    layer: Layer.succeed(Interrupts, { next }),
    watch: ({ abandon, interrupt }) => {
      let last = Number.NEGATIVE_INFINITY
      let isFirst = true
      const onSignal = () => {
        const now = performance.now()
        if (now - last < sameWish) return
        last = now
        const isHeard = listening.size > 0
        for (const tell of [...listening]) tell()
        listening.clear()
        if (isFirst && !hasListener) interrupt()
        // A program that has ended by then takes its timers along.
        else if (!isFirst || !isHeard) setTimeout(abandon, longestEnd).unref()
        isFirst = false
      }
      process.on("SIGINT", onSignal).on("SIGTERM", onSignal)
    }
  }
}

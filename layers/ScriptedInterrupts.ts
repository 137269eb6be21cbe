/** Interrupts that a test makes. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Interrupts } from "../services/Interrupts.ts"

export interface Script {
  /** Asks the program to end; false if nobody listens. */
  readonly ask: Effect.Effect<boolean>
  readonly layer: Layer.Layer<Interrupts>
}

export const make = (): Script => {
  const listening = new Set<() => void>()
  return {
    ask: Effect.sync(() => {
      const told = [...listening]
      listening.clear()
      for (const tell of told) tell()
      return told.length > 0
    }),
    layer: Layer.succeed(Interrupts, {
      next: Effect.async((resume) => {
        const listener = () => resume(Effect.void)
        listening.add(listener)
        return Effect.sync(() => listening.delete(listener))
      })
    })
  }
}

/** Requests to end the program. Each is told to all listeners. One without a listener is kept for the next listener. */
import * as Effect from "effect/Effect"
import type { Wish } from "../../services/Interrupts.ts"

export interface Wishes {
  /** Returns the next request, or at once one that nobody has heard yet. */
  readonly next: Effect.Effect<Wish>
  /** Tells all listeners. Returns false if there was none. */
  readonly tell: (wish: Wish) => boolean
  /** Whether anybody has listened so far. */
  readonly wasHeard: () => boolean
}

export const make = (): Wishes => {
  const listening = new Set<(wish: Wish) => void>()
  const unheard: Array<Wish> = []
  let heard = false
  return {
    next: Effect.async<Wish>((resume) => {
      heard = true
      const kept = unheard.shift()
      if (kept !== undefined) return resume(Effect.succeed(kept))
      const listener = (wish: Wish) => resume(Effect.succeed(wish))
      listening.add(listener)
      return Effect.sync(() => listening.delete(listener))
    }),
    tell: (wish) => {
      const told = [...listening]
      listening.clear()
      for (const tell of told) tell(wish)
      if (told.length === 0) unheard.push(wish)
      return told.length > 0
    },
    wasHeard: () => heard
  }
}

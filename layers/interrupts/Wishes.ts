/** Wishes that the program end, each told to whoever listens; one that nobody has heard is kept for whoever listens next. */
import * as Effect from "effect/Effect"
import type { Wish } from "../../services/Interrupts.ts"

export interface Wishes {
  /** Returns with the next wish, or at once with one that nobody has heard yet. */
  readonly next: Effect.Effect<Wish>
  /** Tells all who listen; whether there was anybody. */
  readonly tell: (wish: Wish) => boolean
  /** Whether anybody has ever listened. */
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

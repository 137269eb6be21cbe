/** Moves bytes from a source to an outlet, as fast as the outlet accepts them. */
import * as Effect from "effect/Effect"
import type { Source } from "../../services/Transport.ts"

export interface Outlet {
  /** Writes bytes. False if the outlet wants no more until `resume` is called. */
  readonly write: (bytes: Uint8Array) => boolean
  /** Writes the end. Calls back when everything was handed over, or never can be. */
  readonly end: (done: () => void) => void
}

const nothing: Source = () => undefined

/**
 * Mutable, for the hot path: `wake` runs for each link whenever its socket has room. A class, because a link that is
 * idle keeps its pump: closures would take five times its memory.
 */
export class Pump {
  readonly #outlet: Outlet
  #source = nothing
  #full = false
  #finished: (() => void) | undefined = undefined

  constructor(outlet: Outlet) {
    this.#outlet = outlet
  }

  /** Sends what the source gives, from now on. */
  drain(source: Source): void {
    this.#source = source
  }

  /** The source may have bytes. */
  wake(): void {
    while (!this.#full) {
      const bytes = this.#source()
      if (bytes === undefined) break
      this.#full = !this.#outlet.write(bytes)
    }
    const finished = this.#finished
    if (this.#full || finished === undefined) return
    this.#finished = undefined
    this.#outlet.end(finished)
  }

  /** Sends bytes in place of what the source would give next. False if the outlet wants no more now. */
  put(bytes: Uint8Array): boolean {
    if (this.#full || this.#finished !== undefined) return false
    this.#full = !this.#outlet.write(bytes)
    return true
  }

  /** The outlet has room again. */
  resume(): void {
    this.#full = false
    this.wake()
  }

  /** Sends the rest of the source, then the end. Returns when everything was handed over, which may be never. */
  get finish(): Effect.Effect<void> {
    return Effect.async((resume) => {
      this.#finished = () => resume(Effect.void)
      this.wake()
    })
  }
}

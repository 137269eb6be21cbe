/** Moves bytes from a source to an outlet, as fast as the outlet accepts them. */
import * as Effect from "effect/Effect"
import type { Connection, Source } from "../../services/Transport.ts"

export interface Outlet {
  /** Writes bytes. False if the outlet wants no more until `resume` is called. */
  readonly write: (bytes: Uint8Array) => boolean
  /** Writes the end. Calls back when everything was handed over, or never can be. */
  readonly end: (done: () => void) => void
}

export interface Pump extends Pick<Connection, "drain" | "wake" | "put" | "finish"> {
  /** Reports that the outlet has room again. */
  readonly resume: () => void
}

/** Plain functions throughout: they run for each link whenever its socket has room. */
export const make = (outlet: Outlet): Pump => {
  let source: Source = () => undefined
  let full = false
  let finished: (() => void) | undefined

  const wake = (): void => {
    while (!full) {
      const bytes = source()
      if (bytes === undefined) break
      full = !outlet.write(bytes)
    }
    if (!full && finished !== undefined) {
      outlet.end(finished)
      finished = undefined
    }
  }

  return {
    wake,
    put: (bytes) => {
      if (full || finished !== undefined) return false
      full = !outlet.write(bytes)
      return true
    },
    resume: () => {
      full = false
      wake()
    },
    drain: (given) =>
      Effect.sync(() => {
        source = given
      }),
    finish: Effect.async((resume) => {
      finished = () => resume(Effect.void)
      wake()
    })
  }
}

/** Where a log is kept beyond the process. */
import * as Effect from "effect/Effect"
import type { LogUnavailable } from "../../src/domain/Errors.ts"
import type { JournalLine } from "./JournalReader.ts"

/** A log's entries as lines, oldest first. */
export interface Journal {
  /** Whether anything is kept. */
  readonly keeps: boolean
  /** The first millisecond at which an epoch can begin that no earlier run had. */
  readonly epochAfter: number
  /** Records when this run's epoch began; it is on disk when this returns. */
  readonly begin: (millis: number) => Effect.Effect<void, LogUnavailable>
  /** Hands over what earlier runs have left, oldest first. Comes before all that follow. */
  readonly restore: (each: (line: JournalLine) => void) => Effect.Effect<void, LogUnavailable>
  /**
   * Appends blocks of whole lines. `durably`: they are on disk when this returns. Before them it records, if it is told, how
   * many of the posts that it has were not on the screen by then.
   */
  readonly append: (
    blocks: ReadonlyArray<Uint8Array>,
    durably: boolean,
    unshown?: number
  ) => Effect.Effect<void, LogUnavailable>
  /** Begins anew with these lines, and records how many of their last posts were not on the screen by then. */
  readonly replace: (lines: Iterable<Uint8Array>, unshown: number) => Effect.Effect<void, LogUnavailable>
  /** Whether so much in it is not kept any more that it should begin anew. */
  readonly overgrown: () => boolean
}

/** A journal that keeps nothing. */
export const nowhere: Journal = {
  keeps: false,
  epochAfter: 0,
  begin: () => Effect.void,
  restore: () => Effect.void,
  append: () => Effect.void,
  replace: () => Effect.void,
  overgrown: () => false
}

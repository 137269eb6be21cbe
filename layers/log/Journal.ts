/** The contract of a journal: where a log is kept beyond the process. */
import * as Effect from "effect/Effect"
import type { LogUnavailable } from "../../src/domain/Errors.ts"
import type { JournalLine } from "./JournalReader.ts"

/** The entries of a log as lines, oldest first. */
export interface Journal {
  /** Whether it keeps anything. */
  readonly keeps: boolean
  /** Whether `append` takes no time, unlike with a disk, so that the log may run it within a plain step. */
  readonly isInstant: boolean
  /** The earliest time at which a new epoch can begin without repeating one of an earlier run, in ms since 1970. */
  readonly epochAfter: number
  /** Records when this run's epoch begins, in ms since 1970. The record is on disk when this returns. */
  readonly begin: (millis: number) => Effect.Effect<void, LogUnavailable>
  /** Passes on the lines of earlier runs, oldest first. Called before `append` and `replace`. */
  readonly restore: (each: (line: JournalLine) => void) => Effect.Effect<void, LogUnavailable>
  /**
   * Appends blocks of whole lines. `durably`: they are on disk when this returns. `unshown`: how many of the posts
   * before them the screen lacks; it is recorded in front of the blocks.
   */
  readonly append: (
    blocks: ReadonlyArray<Uint8Array>,
    durably: boolean,
    unshown?: number
  ) => Effect.Effect<void, LogUnavailable>
  /** Replaces all lines. `unshown`: how many of the last posts among them the screen lacks, which is recorded too. */
  readonly replace: (lines: Iterable<Uint8Array>, unshown: number) => Effect.Effect<void, LogUnavailable>
  /** Whether the journal is so much larger than the log that it should be replaced. */
  readonly overgrown: () => boolean
}

/** A journal that keeps nothing. */
export const nowhere: Journal = {
  keeps: false,
  isInstant: true,
  epochAfter: 0,
  begin: () => Effect.void,
  restore: () => Effect.void,
  append: () => Effect.void,
  replace: () => Effect.void,
  overgrown: () => false
}

/** The contract of a journal: where a log is kept beyond the process. */
import * as Effect from "effect/Effect"
import type { LogUnavailable } from "../../src/domain/Errors.ts"
import type { JournalLine } from "./JournalReader.ts"

/** Called once when what was handed over is in the journal, or why it can't be: then nothing of it is. Cheap. */
export type Settled = (failure?: LogUnavailable) => void

/** How many of the posts before some lines the screen lacks. */
export interface Unshown {
  readonly count: number
  /** Whether the journal would say something else without this, as far as everything before is written. */
  readonly isNews: boolean
}

/**
 * The entries of a log as lines, oldest first. What is handed over is written in order, while the log goes on, and is
 * settled in the same order.
 */
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
   * Hands over blocks of whole lines. `durably`: they and everything before them are on disk when they are settled;
   * otherwise only the file has them then. `unshown` is recorded in front of the blocks if that is news, or if a write
   * has failed before.
   */
  readonly append: (blocks: ReadonlyArray<Uint8Array>, durably: boolean, unshown: Unshown, settled: Settled) => void
  /**
   * Replaces all lines that were handed over before. `lines` are read at once. `unshown`: how many of the last posts
   * among them the screen lacks, which is recorded too.
   */
  readonly replace: (lines: Iterable<Uint8Array>, unshown: number, settled: Settled) => void
  /** Whether there is room for more. If not, the disk is slow or stuck, and whatever can wait should. */
  readonly hasRoom: () => boolean
  /** Returns once there is room. */
  readonly room: Effect.Effect<void>
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
  append: (_blocks, _durably, _unshown, settled) => settled(),
  replace: (_lines, _unshown, settled) => settled(),
  hasRoom: () => true,
  room: Effect.void,
  overgrown: () => false
}

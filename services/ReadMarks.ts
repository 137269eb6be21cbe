/** Keeps, for the next run of the program, what was read at this node. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"

export interface ReadMarksKept {
  /** The text that was saved last; undefined if there is none. */
  readonly load: Effect.Effect<string | undefined>
  /** Replaces the text. A failure is no concern of anybody: the next run then begins with less. */
  readonly save: (text: string) => Effect.Effect<void>
}

/** Undefined where nothing is kept. */
export class ReadMarks extends Context.Reference<ReadMarks>()("outlive/ReadMarks", {
  defaultValue: (): ReadMarksKept | undefined => undefined
}) {}

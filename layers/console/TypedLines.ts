/** Typed lines on their way from a console to the session that reads them. */
import * as Chunk from "effect/Chunk"
import * as Option from "effect/Option"
import type * as Stream from "effect/Stream"
import type { Offer, Take, Typed } from "../../services/Console.ts"
import { makeSignal } from "../../src/domain/Signal.ts"

export interface TypedLines {
  /** The lines that nobody took at once. Ends after the last one. */
  readonly lines: Stream.Stream<Typed>
  /** Registers a function that may take lines at once. */
  readonly offer: Offer
  /**
   * Offers these lines to that function. False if it does not take them, or may not: it would take them before lines
   * that came earlier. The caller adds them then.
   */
  readonly offered: (texts: ReadonlyArray<string>) => boolean
  readonly add: (lines: ReadonlyArray<Typed>) => void
  /** Nothing more will come. */
  readonly end: () => void
  /** How many lines wait to be read. */
  readonly waiting: () => number
}

/** Lines for one reader. `onRead` is called each time it has read all lines that waited. Plain functions throughout. */
export const makeTypedLines = (onRead: () => void = () => {}): TypedLines => {
  const changes = makeSignal()
  let waiting: Array<Typed> = []
  let isOver = false
  let take: Take | undefined
  /** Whether the reader waits for more lines. If not, it still handles the last ones, or has not begun. */
  let isIdle = false
  return {
    lines: changes.stream(
      () => {
        isIdle = true
        return waiting.length > 0 || isOver
      },
      () => {
        if (waiting.length === 0) return Option.none()
        isIdle = false
        const lines = Chunk.unsafeFromArray(waiting)
        waiting = []
        onRead()
        return Option.some(lines)
      }
    ),
    offer: (given) => {
      take = given
      return () => {
        if (take === given) take = undefined
      }
    },
    offered: (texts) => take !== undefined && isIdle && waiting.length === 0 && !isOver && take(texts),
    add: (lines) => {
      for (const line of lines) waiting.push(line)
      changes.changed()
    },
    end: () => {
      isOver = true
      changes.changed()
    },
    waiting: () => waiting.length
  }
}

/** The step by which a session shows the log: a cursor, and one function that is called when there may be more. */
import * as Exit from "effect/Exit"
import type { Put } from "../../../services/Console.ts"
import type { Cursor } from "../../../services/MessageLog.ts"
import type { Entry } from "../../domain/Entry.ts"

/** The maximum number of entries that are shown in one go, so that a console that is far behind shows the first early. */
const atATime = 1_024

/** Gives a console something to show. Nothing more is shown until the console has taken it. */
export type Hand = <A>(put: Put<A>, what: ReadonlyArray<A>) => void

/** What is shown, and how. */
export interface Screen {
  readonly cursor: Cursor
  /** Whether there is something to show although no entry has come. */
  readonly isDue: () => boolean
  /** Shows entries: gives the console all of it with `hand`. */
  readonly show: (entries: ReadonlyArray<Entry>, hand: Hand) => void
  /** Everything up to that entry is on the screen, or need not be shown. */
  readonly seen: (last: Entry) => void
  /** Nothing more will be shown. A failure is a defect of the console, or of this program. */
  readonly end: (exit: Exit.Exit<void>) => void
}

export interface Showing {
  /** To be called when there may be more to show. It does not throw. */
  readonly look: () => void
  /** Shows nothing more. */
  readonly stop: () => void
}

/**
 * Shows what the cursor has, whenever `look` is called: when the log has grown, and when the console has taken what it
 * was given. While the console has not, nothing is pulled, so a console that is stuck costs nothing. Lines are made and
 * written within the call. Mutable, for the hot path: each change is one synchronous step.
 */
export const makeShowing = ({ cursor, end, isDue, seen, show }: Screen): Showing => {
  /** How much of what was given to the console it has not taken yet. */
  let underWay = 0
  /** The last entry that was pulled, until it is on the screen. */
  let last: Entry | undefined
  /** `isLooking`: a console may take something at once, and so call from within. */
  let isLooking = false
  let isOver = false

  const hand = <A>(put: Put<A>, what: ReadonlyArray<A>): void => {
    if (what.length === 0) return
    underWay += 1
    put(what, taken)
  }
  const taken = (): void => {
    underWay -= 1
    look()
  }
  /** Shows the next entries. Returns whether there were any. */
  const showNext = (): boolean => {
    if (last !== undefined) seen(last)
    const entries = cursor.pull(atATime)
    last = entries.at(-1)
    if (last === undefined && !isDue()) return false
    show(entries, hand)
    return true
  }
  const stop = (exit: Exit.Exit<void> = Exit.void): void => {
    isOver = true
    end(exit)
  }
  const look = (): void => {
    if (isLooking || isOver) return
    isLooking = true
    try {
      let isMore = true
      while (isMore && underWay === 0) isMore = showNext()
      if (!isMore && cursor.isAtEnd()) stop()
    } catch (defect) {
      stop(Exit.die(defect))
    }
    isLooking = false
  }
  return { look, stop: () => stop() }
}

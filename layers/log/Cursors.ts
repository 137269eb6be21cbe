/** Cursors in the entries of a log: what screens, sessions and followers of events read with. */
import * as Chunk from "effect/Chunk"
import * as Option from "effect/Option"
import type * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import type { Cursor } from "../../services/MessageLog.ts"
import { Entry } from "../../src/domain/Entry.ts"
import type { Signal } from "../../src/domain/Signal.ts"
import type { Entries } from "./Entries.ts"

/**
 * The maximum number of entries in one chunk for a follower, so that one that is far behind can show the first ones
 * early.
 */
const followAtATime = 1_024

interface Start {
  /** The position at which the cursor begins. */
  readonly position: number
  readonly isWanted: Predicate.Predicate<Entry>
  /** Entries that come first; none by default. */
  readonly earlier?: ReadonlyArray<Entry>
  /** How many entries were dropped before `position` that the reader is to be told of as `Skipped`; 0 by default. */
  readonly untold?: number
  /** The position up to which the cursor goes now; the end by default. */
  readonly last?: () => number
}

/** Opens a cursor. */
export const openAt = (
  entries: Entries,
  { earlier = [], isWanted, last = () => entries.end, position: start, untold = 0 }: Start
): Cursor => {
  let position = start
  let missed = untold
  let history = earlier.filter(isWanted)
  return {
    pull: (atMost) => {
      if (history.length > 0) {
        const next = history.slice(0, atMost)
        history = history.slice(atMost)
        return next
      }
      if (position < entries.dropped) {
        missed += entries.dropped - position
        position = entries.dropped
      }
      if (missed > 0) {
        const count = missed
        missed = 0
        return [Entry.Skipped({ count })]
      }
      const found: Array<Entry> = []
      for (const until = last(); position < until && found.length < atMost; position += 1) {
        const entry = entries.at(position)
        if (entry !== undefined && isWanted(entry)) found.push(entry)
      }
      return found
    },
    isAtEnd: () => entries.isClosed && history.length === 0 && missed === 0 && position >= entries.end
  }
}

/** What a cursor pulls, as a Stream. `growth` tells when there may be more for it. */
export const followed = (growth: Signal, open: () => Cursor): Stream.Stream<Entry> =>
  Stream.suspend(() => {
    const cursor = open()
    let pulled: ReadonlyArray<Entry> = []
    const pull = () => {
      if (pulled.length === 0) pulled = cursor.pull(followAtATime)
    }
    return growth.stream(
      () => {
        pull()
        return pulled.length > 0 || cursor.isAtEnd()
      },
      () => {
        const given = pulled
        pulled = []
        return given.length === 0 ? Option.none() : Option.some(Chunk.unsafeFromArray(given))
      }
    )
  })

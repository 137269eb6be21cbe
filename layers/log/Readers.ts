/** The readers of a log: the screen, whose place is in the journal, and those of other sessions. */
import { constTrue } from "effect/Function"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Reader } from "../../services/MessageLog.ts"
import { Entry, isPost } from "../../src/domain/Entry.ts"
import type { MeshEvent } from "../../src/domain/MeshEvent.ts"
import type { Post, Room } from "../../src/domain/Post.ts"
import type { Signal } from "../../src/domain/Signal.ts"
import { followed, openAt } from "./Cursors.ts"
import type { Entries } from "./Entries.ts"
import type { ScreenMark } from "./ScreenMark.ts"

interface Needs {
  readonly entries: Entries
  readonly growth: Signal
  readonly mark: ScreenMark
  /** The position of the first entry whose lines are not in the journal yet; undefined if there is none. */
  readonly unwritten: () => number | undefined
  /** The last posts of each of these rooms before a position, at most `count` of each, the newest first. */
  readonly lastOfEach: (count: number, of: Iterable<Room>, before: number) => Iterable<Post>
  /** The rooms with whose history the screen begins. */
  readonly shown: () => Iterable<Room>
}

export const make = ({ entries, growth, lastOfEach, mark, shown, unwritten }: Needs) => {
  /** The history with which the screen begins. */
  let earlier: ReadonlyArray<Entry> = []
  /** The position at which it goes on, and how many posts before it are gone that it was not shown. */
  let first = 0
  let gone = 0
  /** The position at which the entries of this run begin. */
  let sinceHere = 0

  /** How far readers may go: own lines are seen once they are on disk. When the log is closed, they see what is left. */
  const readable = (): number => (entries.isClosed ? entries.end : entries.settled)
  /**
   * What the screen has shown must be in the file, or it would be shown again after a crash. When the log is closed, the
   * rest is written before the process ends.
   */
  const showable = (): number =>
    entries.isClosed ? entries.end : Math.min(entries.settled, unwritten() ?? entries.end)

  const screen: Reader = {
    open: (isWanted = constTrue) => {
      mark.wants(isWanted)
      return openAt(entries, { earlier, position: first, isWanted, untold: gone, last: showable })
    },
    follow: (isWanted) => followed(growth, () => screen.open(isWanted)),
    shown: (last) => {
      const at = entries.positionOf(last, mark.position)
      if (at === undefined) return
      // The screen was told of the skipped posts before it got this entry.
      mark.toldOfSkipped()
      mark.showTo(at + 1)
    }
  }

  /**
   * Opens a reader that begins with the last `history` posts of each of these rooms, as history, and goes on with new
   * entries. Its place is not in the journal.
   */
  const openReader = (history: number, of: Iterable<Room>): Reader => {
    let earlier: ReadonlyArray<Entry> = Array.from(lastOfEach(history, of, entries.settled), (post) =>
      Entry.Earlier({ post })
    ).reverse()
    let position = entries.settled
    const reader: Reader = {
      open: (isWanted = constTrue) => openAt(entries, { position, isWanted, earlier, last: readable }),
      follow: (isWanted) => followed(growth, () => reader.open(isWanted)),
      shown: (last) => {
        if (earlier.includes(last)) earlier = earlier.slice(earlier.indexOf(last) + 1)
        const at = entries.positionOf(last, position)
        if (at === undefined) return
        earlier = []
        position = at + 1
      }
    }
    return reader
  }

  /** The events of this run. */
  const events: Stream.Stream<MeshEvent> = Stream.filterMap(
    followed(growth, () => openAt(entries, { position: sinceHere, isWanted: ({ _tag }) => _tag === "Happened" })),
    (entry) => (entry._tag === "Happened" ? Option.some(entry.event) : Option.none())
  )

  /**
   * A run begins here. The screen begins with the last `history` posts of each room, and with all posts that may not have
   * been on it when an earlier run ended, however little history is wanted.
   */
  const beginRun = (history: number): void => {
    first = Math.max(entries.dropped, mark.position)
    gone = mark.skipped
    const coming = new Set(
      entries.kept.slice(first - entries.dropped).flatMap((each) => (isPost(each) ? [each.post] : []))
    )
    earlier = Array.from(lastOfEach(history, shown(), entries.end))
      .filter((post) => !coming.has(post))
      .map((post) => Entry.Earlier({ post }))
      .reverse()
    sinceHere = entries.end
  }

  return { screen, openReader, events, beginRun }
}

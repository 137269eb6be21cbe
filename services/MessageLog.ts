/** The log as those see it who sit at this node: what they say, and what this node has witnessed, in one order. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Predicate from "effect/Predicate"
import type * as Stream from "effect/Stream"
import type { Entry } from "../src/domain/Entry.ts"
import type { LineTooLong, LogUnavailable } from "../src/domain/Errors.ts"
import type { Epoch, Post, Room, StreamId, Summary } from "../src/domain/Post.ts"

/** What has become of a line: the post that it is now, or why it could not be said. */
export type SayResult = Post | LineTooLong

/** A place in a log that somebody reads and speaks from: a session's. It stays when the log begins another run. */
export interface Reader {
  /**
   * Entries from its place on, then each new one as it comes: those that are wanted, all by default. Nobody is woken for others.
   * Any number of readers follow, each at its own pace; `Skipped` comes to one that is too slow.
   */
  readonly follow: (isWanted?: Predicate.Predicate<Entry>) => Stream.Stream<Entry>
  /** Everything up to that entry, which it was given, is shown: its place is behind it. */
  readonly shown: (last: Entry) => void
}

/** How much there is in a log. */
export interface Tally {
  /** What is kept now. */
  readonly entries: number
  /** The memory that its encoded posts take. */
  readonly bytes: number
  /** What this node has said in this run, and what of others was delivered to it. */
  readonly said: number
  readonly received: number
}

export class MessageLog extends Context.Tag("outlive/MessageLog")<
  MessageLog,
  {
    /** The rooms in which this node takes part: `main`, and others. */
    readonly rooms: ReadonlySet<Room>
    /** The stream of what this node says in that room in this run. It is one of its `rooms`. */
    readonly streamIn: (room: Room) => StreamId
    /** How far this node has one stream. Infinite if it is folded away, or of a room in which this node takes no part. */
    readonly have: (stream: StreamId) => number
    /** Whether what this node says outlives its process: its next run hands it on to those who lack it. */
    readonly keeps: boolean
    /**
     * Appends lines that this node says in one of its `rooms`, in one go. They are in the log, and on disk if the log has one, when
     * this returns. Returns what each line became, in their order: a line that is too long for a frame is left out. `by`: who says
     * it, which stands in the entries; the screen by default.
     */
    readonly say: (
      room: Room,
      lines: ReadonlyArray<string>,
      by?: Reader
    ) => Effect.Effect<ReadonlyArray<SayResult>, LogUnavailable>
    /**
     * Begins another run, with all that there is. What was said in each stream of the one before after the number in `shared`,
     * which ends a block, is said anew in this one. Returns the posts that were said anew, as far as they are kept, each with the
     * post that it is now. Each reader goes on behind what its `shown` has named; all who follow must have come to an end before.
     * `after`: the run is later than that.
     */
    readonly renew: (shared: Summary, after?: Epoch) => Effect.Effect<ReadonlyMap<Post, Post>, LogUnavailable>
    /** The last posts that this log holds, at most so many, oldest first. */
    readonly recent: (count: number) => Effect.Effect<ReadonlyArray<Post>>
    /** What this node has said in this run, as far as it is kept, oldest first. */
    readonly own: Effect.Effect<ReadonlyArray<Post>>
    /**
     * The reader at the console that the program was started for. What it was not shown before a crash is shown after it, if the
     * log is there then.
     */
    readonly screen: Reader
    /** Another reader, which begins with the last posts, at most `history` of them, as history, and goes on with what comes next. */
    readonly openReader: (history: number) => Effect.Effect<Reader>
    /** Lets those who follow come to an end after what there is now. */
    readonly close: Effect.Effect<void>
    /** How much there is in it. */
    readonly tally: Effect.Effect<Tally>
  }
>() {}

/** The log as the people at this node use it: what they say, and what this node has witnessed, in one order. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Predicate from "effect/Predicate"
import type * as Stream from "effect/Stream"
import type { Entry } from "../src/domain/Entry.ts"
import type { LineTooLong, LogUnavailable, Unreachable } from "../src/domain/Errors.ts"
import type { KeptPosts } from "../src/domain/KeptPosts.ts"
import type { PeerId } from "../src/domain/Peer.ts"
import type { Epoch, Post, Room, StreamId, Summary } from "../src/domain/Post.ts"
import type { Steps } from "../src/domain/Turns.ts"

/** The result of a line: the post that it became, or why it could not be said. */
export type SayResult = Post | LineTooLong

/** The readers of a private message besides its author. In a plain chat it has one. */
export type Confidants = readonly [PeerId, ...ReadonlyArray<PeerId>]

/** A cursor in the log. */
export interface Cursor {
  /**
   * The next wanted entries, oldest first, at most `atMost`. Empty if there are none at present. A cursor that was too
   * slow gets `Skipped` first. Unwanted entries are passed by each pull, and are never reported as skipped after that.
   */
  readonly pull: (atMost: number) => ReadonlyArray<Entry>
  /** Whether the log is closed, and the cursor has passed its last entry. */
  readonly isAtEnd: () => boolean
}

/** A session's place in the log, from which it reads and speaks. It stays when the log begins another run. */
export interface Reader {
  /** Opens a cursor at its place. `isWanted` selects entries; all by default. */
  readonly open: (isWanted?: Predicate.Predicate<Entry>) => Cursor
  /**
   * What such a cursor pulls: the entries from the reader's place on, then each new one. A follower is not woken for
   * entries that it does not want. Any number follow, each at its own pace.
   */
  readonly follow: (isWanted?: Predicate.Predicate<Entry>) => Stream.Stream<Entry>
  /** Reports that everything up to that entry is shown. The reader's place is after it. */
  readonly shown: (last: Entry) => void
}

/** How much there is in a log. */
export interface Tally {
  /** The number of entries that are kept. */
  readonly entries: number
  /** The memory of its encoded posts. */
  readonly bytes: number
  /** How many of these entries are posts of each room in which this node takes part, and how many are private. */
  readonly posts: ReadonlyMap<Room, number>
  readonly privatePosts: number
  /** How many sealed posts it carries for others, which are no entries. */
  readonly carried: number
  /** How many posts this node has said in this run, and how many of others were delivered to it. */
  readonly said: number
  readonly received: number
  /** How many of its steps were run at once, and how many as an effect. */
  readonly steps: Steps
}

export class MessageLog extends Context.Tag("outlive/MessageLog")<
  MessageLog,
  {
    /** The rooms in which this node takes part now, `main` first. One live set. */
    readonly rooms: ReadonlySet<Room>
    /** This node's stream in that room in this run. The room must be one of `rooms`. */
    readonly streamIn: (room: Room) => StreamId
    /**
     * How far this node has a stream. Infinite if the stream is folded away, or belongs to a room in which this node
     * takes no part.
     */
    readonly have: (stream: StreamId) => number
    /** Whether own posts outlive the process, so that the next run sends them to nodes that lack them. */
    readonly keeps: boolean
    /**
     * Appends lines that this node says in one of its `rooms`, in one go. When this returns, they are in the log, and
     * on disk if the log has one. Returns the result of each line, in order; a line that is too long for a frame is
     * left out. If this node has left the room meanwhile, there are no results. `by`: the reader that says it, which the
     * entries name; the screen by default. The lines are said even if the fiber is interrupted: then this returns when the
     * disk is done, after 5 s at most.
     */
    readonly say: (
      room: Room,
      lines: ReadonlyArray<string>,
      by?: Reader
    ) => Effect.Effect<ReadonlyArray<SayResult>, LogUnavailable>
    /**
     * The same at once, in a plain call. Undefined, and nothing is said, if that is not possible: another step of the log
     * is under way, a disk has to be waited for, or a line is too long. `say` does it then.
     */
    readonly sayNow: (room: Room, lines: ReadonlyArray<string>, by?: Reader) => ReadonlyArray<Post> | undefined
    /** Whether private messages are sealed for their readers, as in a secure chat. Then one may have several readers. */
    readonly seals: boolean
    /**
     * Says lines that only these can read, as `say` does. Fails if the key of one of them is not known, in a secure
     * chat; in a plain one, if the reader was a guest, and is gone.
     */
    readonly confide: (
      to: Confidants,
      lines: ReadonlyArray<string>,
      by?: Reader
    ) => Effect.Effect<ReadonlyArray<SayResult>, LogUnavailable | Unreachable>
    /**
     * Begins another run on the same log. Posts in each stream of the previous run after the number in `shared`, which
     * ends a block, are said again in the new run. Returns those that are still kept, each with its new post. Each
     * reader goes on after the entry that it has reported with `shown`. All followers must have ended before. `after`:
     * the run begins later than this.
     */
    readonly renew: (shared: Summary, after?: Epoch) => Effect.Effect<ReadonlyMap<Post, Post>, LogUnavailable>
    /** The last posts in these rooms, at most `count` in all, oldest first. Those of all rooms by default. */
    readonly recent: (count: number, rooms?: ReadonlySet<Room>) => Effect.Effect<ReadonlyArray<Post>>
    /** All posts that are kept now, in the order of the log. What is kept later does not change it. */
    readonly kept: () => KeptPosts
    /**
     * The post that has set the topic of a room last (`domain/Topic.ts`), however long ago. Undefined if there is none, or
     * if this node takes no part in the room.
     */
    readonly topicOf: (room: Room) => Post | undefined
    /** The own posts of this run that are still kept, oldest first. */
    readonly own: Effect.Effect<ReadonlyArray<Post>>
    /**
     * The reader of the console that the program was started for. What it was not shown before a crash is shown
     * afterwards, if the log survived.
     */
    readonly screen: Reader
    /**
     * Opens another reader. It begins with the last posts of each of these rooms, at most `history` of each, as history,
     * and goes on with what comes next. `rooms`: those that this node has joined, and its
     * conversations, by default.
     */
    readonly openReader: (history: number, rooms?: Iterable<Room>) => Effect.Effect<Reader>
    /**
     * Calls a plain function each time there may be more for a cursor, and when the log is closed, until the function
     * that is returned is called. It must be cheap and must not throw.
     */
    readonly onGrowth: (look: () => void) => () => void
    /** Ends all readers after the present entries. */
    readonly close: Effect.Effect<void>
    /** How much there is in it. */
    readonly tally: Effect.Effect<Tally>
  }
>() {}

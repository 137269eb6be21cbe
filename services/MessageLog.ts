/** Everything this node has witnessed, in the order in which it did. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Predicate from "effect/Predicate"
import type * as Stream from "effect/Stream"
import type { Entry } from "../src/domain/Entry.ts"
import type { LineTooLong, LogUnavailable } from "../src/domain/Errors.ts"
import type { MeshEvent } from "../src/domain/MeshEvent.ts"
import type { Epoch, Folds, Post, Room, StreamId, Summary } from "../src/domain/Post.ts"

/** A stream up to a number. */
export type Mark = readonly [stream: StreamId, n: number]

/** The posts of a stream after number `after`, up to number `to`, which is infinite if there is no end. */
export interface Range {
  readonly stream: StreamId
  readonly after: number
  readonly to: number
}

/** A post and the line that carries it, newline included. */
export interface EncodedPost {
  readonly post: Post
  readonly line: Uint8Array
}

/**
 * What is taken in whole or not at all: in a plain chat a post, in a secure one the posts for which one seal vouches, in
 * their order. `rest`: those after the first.
 */
export interface Block extends EncodedPost {
  readonly rest?: ReadonlyArray<EncodedPost>
}

/** What has become of a line: the post that it is now, or why it could not be said. */
export type SayResult = Post | LineTooLong

/** Encoded posts that follow each other, and the numbers of the first and the last. */
export interface Slice {
  readonly bytes: Uint8Array
  readonly first: number
  readonly last: number
}

/** The lines of so many posts that are handed on together. */
export interface Lines {
  readonly bytes: Uint8Array
  readonly posts: number
}

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
    /** This run of this node: another one after `renew`. */
    readonly epoch: Epoch
    /** The rooms in which this node takes part: `main`, and others. */
    readonly rooms: ReadonlySet<Room>
    /** The stream of what this node says in that room in this run. It is one of its `rooms`. */
    readonly streamIn: (room: Room) => StreamId
    /** Whether this node speaks in that stream, in this run. */
    readonly isOwn: (stream: StreamId) => boolean
    /** How many posts this node has said in this run, in all rooms. */
    readonly said: () => number
    /** Whether an earlier run has left something: this node is no stranger to the chat. */
    readonly restored: boolean
    /** Whether what this node says outlives its process: its next run hands it on to those who lack it. */
    readonly keeps: boolean
    /**
     * Begins another run, with all that there is. What was said in each stream of the one before after the number in `shared`,
     * which ends a block, is said anew in this one. Returns the posts that were said anew, as far as they are kept, each with the
     * post that it is now. Each reader goes on behind what its `shown` has named; all who follow must have come to an end before.
     * `after`: the run is later than that.
     */
    readonly renew: (shared: Summary, after?: Epoch) => Effect.Effect<ReadonlyMap<Post, Post>, LogUnavailable>
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
     * Takes in what others said: each post is appended once, after the one before it and after everything that its author
     * had seen. What must wait is held. Of a block that begins with what is here, nothing is taken. Returns what has to come first.
     */
    readonly receive: (blocks: ReadonlyArray<Block>) => Effect.Effect<ReadonlyArray<Mark>>
    /** Takes a stream's posts up to number `to` as gone: nobody has them any more. */
    readonly skip: (stream: StreamId, to: number) => Effect.Effect<void>
    /**
     * Nobody has said more of a stream than up to `above`: drops posts that are held of it, or below it. Returns the streams
     * of which something was dropped.
     */
    readonly refuse: (stream: StreamId, above: number) => Effect.Effect<ReadonlyArray<StreamId>>
    /**
     * Takes everything up to there as seen: what was said before this node joined. What is said next in these streams
     * comes after `before`, which is news to this node. `folds`: what whoever tells it has folded away.
     */
    readonly adopt: (summary: Summary, before?: Summary, folds?: Folds) => Effect.Effect<void>
    /** So many posts that others have folded away never came here, and can't: that is said, once. */
    readonly forgo: (room: Room, lines: number) => Effect.Effect<void>
    /** What of each room is folded away, and so not in the summary. */
    readonly folds: () => Folds
    /** Both at the same moment. */
    readonly listing: () => { readonly summary: Summary; readonly folds: Folds }
    /**
     * That run is here, or may come back: its stream is not folded away, though it may be quiet for long. Without effect if it
     * is folded away already.
     */
    readonly spare: (stream: StreamId) => void
    /**
     * The author of a stream is here, and has said so much in that run: what it says next is taken in, also if the stream was folded
     * away, or taken as gone further than that. Up to there it counts as had, but for what was taken as gone on a claim that is
     * refuted so: that may come still. The stream is spared.
     */
    readonly meet: (stream: StreamId, said: number) => void
    /** That run is over. */
    readonly spareNoMore: (stream: StreamId) => void
    /** Appends what happened. */
    readonly note: (event: MeshEvent) => Effect.Effect<void>
    /**
     * Appends what was said before this node joined, as history. `whole`: the lines of the block that it came in, or its own if
     * it came in none.
     */
    readonly recall: (post: Post, whole: Uint8Array) => Effect.Effect<void>
    /**
     * Which of these posts are history that this log lacks: it takes them as seen, but does not keep them. The others are here, or
     * come as news.
     */
    readonly lackedOf: <A extends EncodedPost>(posts: ReadonlyArray<A>) => ReadonlyArray<A>
    /** Whether this log keeps fewer than so many posts, though more have been said. */
    readonly lacksOfLast: (count: number) => boolean
    /**
     * Keeps what was said before all that this log keeps, oldest first: to hand it on. Nobody who follows is given it. It takes the
     * place of what was kept so before, if that is not more. As much is kept as the bounds of the log leave room for.
     */
    readonly keepPast: (posts: ReadonlyArray<EncodedPost>) => Effect.Effect<void>
    /** The last posts of these rooms, at most so many, as the lines that they are handed on in, oldest first: where there are blocks, whole ones. */
    readonly past: (count: number, rooms: ReadonlySet<Room>) => Effect.Effect<ReadonlyArray<Lines>>
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
    /** What happens, from the beginning of this run. */
    readonly events: Stream.Stream<MeshEvent>
    /** Lets those who follow come to an end after what there is now. */
    readonly close: Effect.Effect<void>
    /** Says that the log has grown since this was last pulled, however often, as soon as that matters. */
    readonly grown: (matters?: () => boolean) => Stream.Stream<void>
    /** How much there is in it. */
    readonly tally: Effect.Effect<Tally>
    /** How far this node has each stream: the highest number below which nothing is missing. */
    readonly summary: Effect.Effect<Summary>
    /** How far this node has one stream. Infinite if it is folded away, or of a room in which this node takes no part. */
    readonly have: (stream: StreamId) => number
    /** What must come before the posts that are held: nothing if none are. */
    readonly missing: Effect.Effect<ReadonlyArray<Mark>>
    /**
     * Posts that were dropped since too many were held, and that should be asked for again now: each range is returned once, as soon
     * as there may be room for it.
     */
    readonly again: () => ReadonlyArray<Range>
    /**
     * The encoded posts of a stream after number `after`, or after those that are not kept any more, up to number `to`: as many
     * as fit into `room` bytes, and one block at least, which is whole even if it begins before or ends after that; an empty
     * one that begins after the last number if all of them are gone; undefined if there is none yet. A plain function: it runs
     * for each link whenever its socket has room.
     */
    readonly slice: (stream: StreamId, after: number, room: number, to?: number) => Slice | undefined
  }
>() {}

/**
 * The log as replication uses it: how far this node has each stream, and the encoded posts. Each post is delivered
 * once, each stream in order, and no post before those that its author had seen.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { Block, Mark, Range, Slice } from "../src/domain/EncodedPost.ts"
import type { Epoch, Folds, Room, StreamId, Summary } from "../src/domain/Post.ts"

/** How a node takes part in a room. */
export interface Participation {
  /** Whether the node joins the room. Otherwise it carries it: it takes in, keeps and hands on posts of others. */
  readonly joined: boolean
  /**
   * What counts as seen there: how far a peer has each stream, and what it has folded away. Nothing by default: then
   * everything that this node lacks is new. Ignored if it takes part already.
   */
  readonly seen?: { readonly summary: Summary; readonly folds: Folds }
}

export class ReplicaLog extends Context.Tag("outlive/ReplicaLog")<
  ReplicaLog,
  {
    /** The run of this node. It changes with `renew`. */
    readonly epoch: Epoch
    /** Whether the log has something of an earlier run, so that this node knows the chat. */
    readonly restored: boolean
    /** The rooms in which this node takes part now, `main` first. One live set: copies of it become wrong. */
    readonly rooms: ReadonlySet<Room>
    /** Those of them that it has joined, `main` first, in the order of joining. Live too. */
    readonly joined: ReadonlySet<Room>
    /**
     * Takes part in a room from now on, or in another way than before. It keeps what it kept from an earlier time, and
     * its own numbers in this run go on. No run of the room is spared yet (`OldRuns`).
     */
    readonly takePart: (room: Room, how: Participation) => Effect.Effect<void>
    /**
     * Takes no part in a room any more. `have` of its streams is infinite, held posts of it are dropped, and neither the
     * summary nor the folds have anything of it. The posts that are kept stay until the bounds of the log drop them. No
     * effect on `main`, and on a room in which it takes no part. `isOver`: nobody will ever be there again, so numbers need
     * not be kept longer than posts.
     */
    readonly leave: (room: Room, isOver?: boolean) => Effect.Effect<void>
    /** Whether something is kept of a room that was left, or of which the journal tells, and in which it takes no part. */
    readonly remembers: (room: Room) => boolean
    /** This node's stream in that room in this run. The room must be one of `rooms`. */
    readonly streamIn: (room: Room) => StreamId
    /** Whether a stream belongs to this run of this node. */
    readonly isOwn: (stream: StreamId) => boolean
    /** How many posts this node has said in this run, in all rooms. */
    readonly said: () => number
    /**
     * How far this node has a stream. Infinite if the stream is folded away, or belongs to a room in which this node
     * takes no part.
     */
    readonly have: (stream: StreamId) => number
    /** How far this node has each stream: the highest number below which nothing is missing. */
    readonly summary: Effect.Effect<Summary>
    /** How far this node has each stream, and what is folded away, at the same moment. */
    readonly listing: () => { readonly summary: Summary; readonly folds: Folds }
    /**
     * Takes in posts of others. Each is appended once, after the previous one of its stream and after everything that
     * its author had seen. Posts that must wait are held. A block that begins with posts that are here is ignored.
     * Returns what has to come first.
     */
    readonly receive: (blocks: ReadonlyArray<Block>) => Effect.Effect<ReadonlyArray<Mark>>
    /** The same in one synchronous step. Undefined if it can't be done at once: then nothing was taken in. */
    readonly receiveNow: (blocks: ReadonlyArray<Block>) => ReadonlyArray<Mark> | undefined
    /** Returns once everything that was taken in before is in the journal, as far as that is possible. */
    readonly written: Effect.Effect<void>
    /** What must come before the posts that are held. */
    readonly missing: Effect.Effect<ReadonlyArray<Mark>>
    /**
     * Posts that were dropped because too many were held, and should be asked for again now. Each range is returned
     * once, as soon as there may be room.
     */
    readonly again: () => ReadonlyArray<Range>
    /** Counts a stream's posts up to number `to` as gone: no peer has them any more. */
    readonly skip: (stream: StreamId, to: number) => Effect.Effect<void>
    /**
     * A stream ends at `above`: drops held posts beyond it, and held posts that depend on those. Returns the streams of
     * which something was dropped.
     */
    readonly refuse: (stream: StreamId, above: number) => Effect.Effect<ReadonlyArray<StreamId>>
    /**
     * Takes everything in `summary` as seen: it was said before this node joined. Later posts in these streams come
     * after `before`, which this node has yet to receive. `folds`: what the peer that tells it has folded away.
     */
    readonly adopt: (summary: Summary, before?: Summary, folds?: Folds) => Effect.Effect<void>
    /**
     * The encoded posts of a stream after number `after`, or after those that are gone, up to number `to`. Returns as
     * many as fit into `room` bytes, and at least one block, which is whole even if it begins before `after` or ends
     * after `to`. Returns an empty slice that begins after the last number if all of them are gone, and undefined if
     * there is none yet. A plain function: it runs for each link whenever its socket has room.
     */
    readonly slice: (stream: StreamId, after: number, room: number, to?: number) => Slice | undefined
    /**
     * Calls a function each time the log has grown, until the function that is returned is called. It runs within the
     * step by which the log grows, so it must be cheap and must not throw. It may make the log grow: then it is called
     * once more.
     */
    readonly onGrowth: (look: () => void) => () => void
    /**
     * Calls a function with each stream of which posts of others have been added, and the number of the first of them,
     * until the function that is returned is called. It runs before those of `onGrowth`, and the same holds for it.
     */
    readonly onHeard: (look: (stream: StreamId, first: number) => void) => () => void
  }
>() {}

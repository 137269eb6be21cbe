/**
 * The log as replication sees it: how far this node has each stream, and the encoded posts. Each post is delivered once, each
 * stream in order, and no post before what its author had seen.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { Block, Mark, Range, Slice } from "../src/domain/EncodedPost.ts"
import type { Epoch, Folds, Room, StreamId, Summary } from "../src/domain/Post.ts"

export class ReplicaLog extends Context.Tag("outlive/ReplicaLog")<
  ReplicaLog,
  {
    /** This run of this node: another one after `renew`. */
    readonly epoch: Epoch
    /** Whether an earlier run has left something: this node is no stranger to the chat. */
    readonly restored: boolean
    /** The rooms in which this node takes part: `main`, and others. */
    readonly rooms: ReadonlySet<Room>
    /** The stream of what this node says in that room in this run. It is one of its `rooms`. */
    readonly streamIn: (room: Room) => StreamId
    /** Whether this node speaks in that stream, in this run. */
    readonly isOwn: (stream: StreamId) => boolean
    /** How many posts this node has said in this run, in all rooms. */
    readonly said: () => number
    /** How far this node has one stream. Infinite if it is folded away, or of a room in which this node takes no part. */
    readonly have: (stream: StreamId) => number
    /** How far this node has each stream: the highest number below which nothing is missing. */
    readonly summary: Effect.Effect<Summary>
    /** How far this node has each stream, and what is folded away, at the same moment. */
    readonly listing: () => { readonly summary: Summary; readonly folds: Folds }
    /**
     * Takes in what others said: each post is appended once, after the one before it and after everything that its author
     * had seen. What must wait is held. Of a block that begins with what is here, nothing is taken. Returns what has to come first.
     */
    readonly receive: (blocks: ReadonlyArray<Block>) => Effect.Effect<ReadonlyArray<Mark>>
    /** What must come before the posts that are held: nothing if none are. */
    readonly missing: Effect.Effect<ReadonlyArray<Mark>>
    /**
     * Posts that were dropped since too many were held, and that should be asked for again now: each range is returned once, as soon
     * as there may be room for it.
     */
    readonly again: () => ReadonlyArray<Range>
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
    /**
     * The encoded posts of a stream after number `after`, or after those that are not kept any more, up to number `to`: as many
     * as fit into `room` bytes, and one block at least, which is whole even if it begins before or ends after that; an empty
     * one that begins after the last number if all of them are gone; undefined if there is none yet. A plain function: it runs
     * for each link whenever its socket has room.
     */
    readonly slice: (stream: StreamId, after: number, room: number, to?: number) => Slice | undefined
    /** Says that the log has grown since this was last pulled, however often, as soon as that matters. */
    readonly grown: (matters?: () => boolean) => Stream.Stream<void>
  }
>() {}

/** Everything this node has witnessed, in the order in which it did. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { Entry } from "../src/domain/Entry.ts"
import type { LineTooLong } from "../src/domain/Errors.ts"
import type { Happening } from "../src/domain/Happening.ts"
import type { Epoch, Post, StreamId, Summary } from "../src/domain/Post.ts"

/** A post and the line that carries it, newline included. */
export interface EncodedPost {
  readonly post: Post
  readonly line: Uint8Array
}

/** Encoded posts that follow each other, and the numbers of the first and the last. */
export interface Slice {
  readonly bytes: Uint8Array
  readonly first: number
  readonly last: number
}

export class MessageLog extends Context.Tag("outlive/MessageLog")<
  MessageLog,
  {
    /** This run of this node. */
    readonly epoch: Epoch
    /** The stream of what this node says in this run. */
    readonly stream: StreamId
    /** Appends a post of this node's own; it is in the log when this returns. */
    readonly say: (text: string) => Effect.Effect<Post, LineTooLong>
    /** Appends what others said: each post once, each stream in order; what comes before its turn is dropped. */
    readonly receive: (posts: ReadonlyArray<EncodedPost>) => Effect.Effect<void>
    /** Takes a stream's posts up to number `to` as gone: nobody has them any more. */
    readonly skip: (stream: StreamId, to: number) => Effect.Effect<void>
    /** Appends what happened. */
    readonly note: (happening: Happening) => Effect.Effect<void>
    /** All entries from the oldest that is kept, then each new one as it comes. Any number follow, each at its own pace. */
    readonly follow: Stream.Stream<Entry>
    /** Lets those who follow come to an end after what there is now. */
    readonly close: Effect.Effect<void>
    /** Says that the log has grown since this was last pulled, however often. */
    readonly grown: Stream.Stream<void>
    /** How far this node has each stream. */
    readonly summary: Effect.Effect<Summary>
    /** Takes everything up to there as seen: what was said before this node joined. */
    readonly adopt: (summary: Summary) => Effect.Effect<void>
    /**
     * The encoded posts of a stream after number `after`, or after those that are not kept any more: as many as fit into
     * `room` bytes, and one at least; undefined if there is none. A plain function: it runs for each link whenever its
     * socket has room.
     */
    readonly slice: (stream: StreamId, after: number, room: number) => Slice | undefined
  }
>() {}

/** What was said before this node joined: shown as history, and kept for newcomers. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { EncodedPost, Lines } from "../src/domain/EncodedPost.ts"
import type { Post, Room } from "../src/domain/Post.ts"

export class PastLog extends Context.Tag("outlive/PastLog")<
  PastLog,
  {
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
  }
>() {}

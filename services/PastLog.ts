/** History: what was said before this node joined, shown here and kept for newcomers. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { EncodedPost, Lines } from "../src/domain/EncodedPost.ts"
import type { Post, Room } from "../src/domain/Post.ts"

export class PastLog extends Context.Tag("outlive/PastLog")<
  PastLog,
  {
    /** Appends a post as history. `whole`: the lines of its block, or its own line if it has none. */
    readonly recall: (post: Post, whole: Uint8Array) => Effect.Effect<void>
    /**
     * The posts that are history and that this log lacks: it takes them as seen, and does not keep them. The other
     * posts are here already, or come as new posts.
     */
    readonly lackedOf: <A extends EncodedPost>(posts: ReadonlyArray<A>) => ReadonlyArray<A>
    /**
     * Whether there is one of these rooms, or of all by default, of which this log keeps fewer posts than `past` would
     * give, although more have been said.
     */
    readonly lacksOfLast: (count: number, rooms?: ReadonlySet<Room>) => boolean
    /**
     * Keeps posts that are older than everything in this log, oldest first, to pass them on. No reader gets them. In each
     * room they replace earlier ones, unless they are fewer. The bounds of the log apply.
     */
    readonly keepPast: (posts: ReadonlyArray<EncodedPost>) => Effect.Effect<void>
    /**
     * The last posts of each of these rooms, oldest first, as the lines in which they are passed on. Blocks are whole. At
     * most `historyOfEach(count, …)` of each room. The latest topic of a room is among them, however old it is.
     */
    readonly past: (count: number, rooms: ReadonlySet<Room>) => Effect.Effect<ReadonlyArray<Lines>>
  }
>() {}

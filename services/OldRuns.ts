/** Folded streams: streams of old runs of which the log keeps only how many posts they had. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { Folds, Room, StreamId } from "../src/domain/Post.ts"

export class OldRuns extends Context.Tag("outlive/OldRuns")<
  OldRuns,
  {
    /** What is folded away in each room, and so not in the summary. */
    readonly folds: () => Folds
    /** Counts posts as gone that others had, and have folded away. A notice says so, once. */
    readonly forgo: (room: Room, lines: number) => Effect.Effect<void>
    /**
     * That run has a link or may come back: its stream is not folded away, even if it is quiet for long. No effect if
     * it is folded away already.
     */
    readonly spare: (stream: StreamId) => void
    /** That run is over. */
    readonly spareNoMore: (stream: StreamId) => void
    /**
     * The author of a stream has a link, and has said this many posts in that run. Its next posts are accepted, even if
     * the stream was folded away or more was counted as gone. Posts up to `said` count as had, except those that
     * counted as gone because of a false claim: they may still come. The stream is spared.
     */
    readonly meet: (stream: StreamId, said: number) => void
  }
>() {}

/** The streams of runs of long ago, of which a log keeps no more than how many posts they had: they are folded away. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { Folds, Room, StreamId } from "../src/domain/Post.ts"

export class OldRuns extends Context.Tag("outlive/OldRuns")<
  OldRuns,
  {
    /** What of each room is folded away, and so not in the summary. */
    readonly folds: () => Folds
    /** So many posts that others have folded away never came here, and can't: that is said, once. */
    readonly forgo: (room: Room, lines: number) => Effect.Effect<void>
    /**
     * That run is here, or may come back: its stream is not folded away, though it may be quiet for long. Without effect if it
     * is folded away already.
     */
    readonly spare: (stream: StreamId) => void
    /** That run is over. */
    readonly spareNoMore: (stream: StreamId) => void
    /**
     * The author of a stream is here, and has said so much in that run: what it says next is taken in, also if the stream was folded
     * away, or taken as gone further than that. Up to there it counts as had, but for what was taken as gone on a claim that is
     * refuted so: that may come still. The stream is spared.
     */
    readonly meet: (stream: StreamId, said: number) => void
  }
>() {}

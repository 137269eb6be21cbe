/** Follows the lines that are typed in a session until some peer has them, and lets its console tell where each stands. */
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Typed } from "../../../services/Console.ts"
import { MeshStatus } from "../../../services/MeshStatus.ts"
import type { SayResult } from "../../../services/MessageLog.ts"
import { doubtAfter, pairUp, type Saying, saidAnew, sortOut } from "../../domain/Delivery.ts"
import type { Entry } from "../../domain/Entry.ts"
import * as Monotonic from "../../domain/Monotonic.ts"
import type { Post } from "../../domain/Post.ts"
import { Run } from "../Run.ts"
import type { Session } from "./Session.ts"

/** A timer may go off a little before the clock says so. */
const early = Duration.millis(50)

export interface OwnLines {
  /** That is shown in place of what was typed. */
  readonly reword: (line: Typed, text: string) => Effect.Effect<void>
  /** These lines came too late: they are said to nobody. */
  readonly drop: (lines: ReadonlyArray<Typed>) => Effect.Effect<void>
  /** These lines are for nobody: they need not stand any longer. */
  readonly settle: (lines: ReadonlyArray<Typed>) => Effect.Effect<void>
  /** What has become of each of these lines; those that could not be said, and those without a result, are given back. */
  readonly follow: (sayings: ReadonlyArray<Saying<Typed>>, results: ReadonlyArray<SayResult>) => Effect.Effect<void>
  /**
   * Hands on what this node witnesses to who shows it. Before any of it is shown, those lines are settled that somebody has:
   * whoever answers a line has it. In between, they are settled when peers tell that they have them, and marked when none
   * does.
   */
  readonly watch: (
    entries: Stream.Stream<Entry>,
    show: (entries: Chunk.Chunk<Entry>) => Effect.Effect<void>
  ) => Effect.Effect<void>
}

/** The node has begun another run, in which these posts were said anew. Their lines are still followed; somebody has the others. */
export const carryOver = ({ console, waiting }: Session["Type"], posts: ReadonlyMap<Post, Post>): Effect.Effect<void> =>
  Effect.gen(function* () {
    if (Option.isNone(console.pending)) return
    const now = Monotonic.millis(yield* Effect.clock)
    const left = yield* Ref.modify(waiting, (lines) => {
      const sorted = saidAnew(lines, posts, now)
      return [sorted.left, sorted.said]
    })
    yield* console.pending.value.settle(left)
  })

/** Where what is typed is not seen, as on a pipe, nothing is followed. */
const unseen: OwnLines = {
  reword: () => Effect.void,
  drop: () => Effect.void,
  settle: () => Effect.void,
  follow: () => Effect.void,
  watch: (entries, show) => Stream.runForEachChunk(entries, show)
}

export const make = ({
  console,
  waiting
}: Session["Type"]): Effect.Effect<OwnLines, never, MeshStatus | Run | Scope.Scope> =>
  Effect.gen(function* () {
    if (Option.isNone(console.pending)) return unseen
    const { drop, giveBack, mark, reword, settle } = console.pending.value
    const status = yield* MeshStatus
    const { undelivered } = yield* Run
    const scope = yield* Effect.scope
    const clock = yield* Effect.clock
    /** Says that lines may be due. */
    const due = yield* Queue.sliding<void>(1)

    const review = (entries: Iterable<Entry>) =>
      Effect.gen(function* () {
        yield* undelivered.see(entries)
        const known = yield* undelivered.delivery
        const now = Monotonic.millis(clock)
        const { delivered, doubtful } = yield* Ref.modify(waiting, (lines) => {
          const sorted = sortOut(lines, known, now)
          return [sorted, sorted.waiting]
        })
        yield* settle(delivered.map(({ line }) => line))
        yield* mark(doubtful.map(({ line }) => line))
      })

    const changes = Stream.merge(status.delivery.changes, Stream.fromQueue(due))
    return {
      reword,
      drop,
      settle,
      follow: (sayings, results) =>
        Effect.gen(function* () {
          const { said, unsaid } = pairUp(sayings, results, Monotonic.millis(clock))
          yield* Ref.update(waiting, (before) => [...before, ...said])
          yield* giveBack(unsaid)
          yield* due.offer(undefined)
          // What says a line can't be interrupted, and this would inherit that, and hold up the end.
          const later = Effect.delay(due.offer(undefined), Duration.sum(doubtAfter, early))
          yield* Effect.forkIn(Effect.interruptible(later), scope)
        }),
      watch: (entries, show) =>
        Stream.merge(Stream.chunks(entries), Stream.as(changes, Chunk.empty<Entry>()), { haltStrategy: "left" }).pipe(
          Stream.runForEach((chunk) => Effect.zipRight(review(chunk), show(chunk)))
        )
    }
  })

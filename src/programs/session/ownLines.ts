/** Keeps an eye on the lines of this node until somebody has them, and lets the screen tell where each stands. */
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Console, type Typed } from "../../../services/Console.ts"
import { MessageLog, type SayResult } from "../../../services/MessageLog.ts"
import { PeerMesh } from "../../../services/PeerMesh.ts"
import { doubtAfter, lastAnswered, pairUp, type Said, type Saying, saidAnew, sortOut } from "../../domain/Delivery.ts"
import type { Entry } from "../../domain/Entry.ts"
import * as Monotonic from "../../domain/Monotonic.ts"
import type { Post } from "../../domain/Post.ts"

/** A timer may go off a little before the clock says so. */
const early = Duration.millis(50)

export interface Standing {
  /** What this node has said in this run that nobody is known to have, oldest first. */
  readonly pending: Effect.Effect<ReadonlyArray<Post>>
  /** That is shown in place of what was typed. */
  readonly reword: (line: Typed, text: string) => Effect.Effect<void>
  /** How many of the lines of this run nobody is known to have. */
  readonly undelivered: Effect.Effect<number>
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

/** The lines at this screen that nobody is known to have: as long as the program runs, also if its node begins anew. */
export class Followed extends Context.Tag("outlive/Followed")<Followed, Ref.Ref<ReadonlyArray<Said<Typed>>>>() {
  static readonly none: Layer.Layer<Followed> = Layer.effect(Followed, Ref.make<ReadonlyArray<Said<Typed>>>([]))
}

/**
 * The node has begun another run, in which these posts were said anew. The lines that they are go on to be followed; somebody
 * has the others.
 */
export const carryOver = (posts: ReadonlyMap<Post, Post>): Effect.Effect<void, never, Console | Followed> =>
  Effect.gen(function* () {
    const { pending } = yield* Console
    if (Option.isNone(pending)) return
    const now = Monotonic.millis(yield* Effect.clock)
    const left = yield* Ref.modify(yield* Followed, (lines) => {
      const sorted = saidAnew(lines, posts, now)
      return [sorted.left, sorted.said]
    })
    yield* pending.value.settle(left)
  })

/** On a pipe nothing is followed: nobody sees what was typed. */
export const make: Effect.Effect<Standing, never, Console | Followed | MessageLog | PeerMesh | Scope.Scope> =
  Effect.gen(function* () {
    const console = yield* Console
    const log = yield* MessageLog
    const mesh = yield* PeerMesh
    const scope = yield* Effect.scope
    const clock = yield* Effect.clock

    const following = yield* Followed
    /** The number of the last line that somebody has answered. */
    const answered = yield* Ref.make(0)
    /** Says that lines may be due. */
    const due = yield* Queue.sliding<void>(1)

    const delivery = Effect.zipWith(mesh.delivery.get, Ref.get(answered), ({ alone, upTo }, n) => ({
      alone,
      upTo: Math.max(upTo, n)
    }))
    const pending = Effect.flatMap(delivery, ({ upTo }) => log.ownAfter(upTo))
    const undelivered = Effect.map(delivery, ({ upTo }) => Math.max(0, log.have(log.stream) - upTo))

    if (Option.isNone(console.pending)) {
      return {
        pending,
        reword: () => Effect.void,
        undelivered,
        drop: () => Effect.void,
        settle: () => Effect.void,
        follow: () => Effect.void,
        watch: (entries, show) => Stream.runForEachChunk(entries, show)
      }
    }
    const { drop, giveBack, mark, reword, settle } = console.pending.value

    const review = (entries: Iterable<Entry>) =>
      Effect.gen(function* () {
        yield* Ref.update(answered, (before) => Math.max(before, lastAnswered(log.stream, entries)))
        const known = yield* delivery
        const now = Monotonic.millis(clock)
        const { delivered, doubtful } = yield* Ref.modify(following, (lines) => {
          const sorted = sortOut(lines, known, now)
          return [sorted, sorted.waiting]
        })
        yield* settle(delivered.map(({ line }) => line))
        yield* mark(doubtful.map(({ line }) => line))
      })

    const changes = Stream.merge(mesh.delivery.changes, Stream.fromQueue(due))
    return {
      pending,
      reword,
      undelivered,
      drop,
      settle,
      follow: (sayings, results) =>
        Effect.gen(function* () {
          const { said, unsaid } = pairUp(sayings, results, Monotonic.millis(clock))
          yield* Ref.update(following, (before) => [...before, ...said])
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

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
import { actionIn, deedMark, utterance } from "../../domain/Action.ts"
import { doubtAfter, pairUp, type Saying, saidAnew, sortOut } from "../../domain/Delivery.ts"
import type { Entry } from "../../domain/Entry.ts"
import * as Monotonic from "../../domain/Monotonic.ts"
import { authorOf, type Post } from "../../domain/Post.ts"
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
   * does. What was typed in other sessions is followed too, and stands among the lines typed here.
   */
  readonly watch: (entries: Stream.Stream<Entry>, { seen, show }: Screen) => Effect.Effect<void>
}

/** What shows entries. */
export interface Screen {
  readonly show: (entries: Chunk.Chunk<Entry>) => Effect.Effect<void>
  /** These entries are on the screen by now, or need not be. */
  readonly seen: (entries: Chunk.Chunk<Entry>) => void
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

type Own = Extract<Entry, { readonly own: boolean }>
const isOwn = (entry: Entry): entry is Own => entry._tag === "Said" && entry.own

/** Where what is typed is not seen, as on a pipe, nothing is followed. */
const unseen: OwnLines = {
  reword: () => Effect.void,
  drop: () => Effect.void,
  settle: () => Effect.void,
  follow: () => Effect.void,
  watch: (entries, { seen, show }) =>
    Stream.runForEachChunk(entries, (chunk) => Effect.map(show(chunk), () => seen(chunk)))
}

export const make = ({
  console,
  waiting
}: Session["Type"]): Effect.Effect<OwnLines, never, MeshStatus | Run | Scope.Scope> =>
  Effect.gen(function* () {
    if (Option.isNone(console.pending)) return unseen
    const { add, drop, giveBack, mark, reword, settle } = console.pending.value
    const status = yield* MeshStatus
    const { undelivered } = yield* Run
    const scope = yield* Effect.scope
    const clock = yield* Effect.clock
    /** A program sees entries as they are. */
    const seesAll = Option.isSome(console.tell)
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

    /** What a line says that was typed in another session. */
    const textOf = ({ stream, text }: Post): string =>
      actionIn(text) === undefined ? text : utterance(authorOf(stream), text, deedMark)
    /** Follows what was said in other sessions. */
    const take = (entries: Chunk.Chunk<Own>) =>
      Effect.gen(function* () {
        const saidAt = Monotonic.millis(clock)
        const lines = Array.from(entries, ({ post }) => ({ line: { text: textOf(post) }, post, saidAt }))
        yield* Ref.update(waiting, (before) => [...before, ...lines])
        for (const { line } of lines) yield* add(line)
        yield* reviewLater
      })
    /** When nobody has told of a line for long, it is to be marked. */
    const reviewLater = Effect.suspend(() =>
      // What says a line can't be interrupted, and this would inherit that, and hold up the end.
      Effect.forkIn(Effect.interruptible(Effect.delay(due.offer(undefined), Duration.sum(doubtAfter, early))), scope)
    )
    /** In order: what was said above such lines is shown before they are added, and what answers them is shown below. */
    const witness = (entries: Chunk.Chunk<Entry>, show: Screen["show"]): Effect.Effect<void> => {
      const at = seesAll ? Option.none() : Chunk.findFirstIndex(entries, isOwn)
      if (Option.isNone(at)) return Effect.zipRight(review(entries), show(entries))
      const [above, from] = Chunk.splitAt(entries, at.value)
      const [own, below] = Chunk.splitWhere(from, (entry) => !isOwn(entry))
      return witness(above, show).pipe(
        Effect.zipRight(take(Chunk.filter(own, isOwn))),
        Effect.zipRight(Effect.suspend(() => witness(below, show)))
      )
    }

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
          yield* reviewLater
        }),
      watch: (entries, { seen, show }) =>
        Stream.merge(Stream.chunks(entries), Stream.as(changes, Chunk.empty<Entry>()), { haltStrategy: "left" }).pipe(
          Stream.runForEach((chunk) => Effect.map(witness(chunk, show), () => seen(chunk)))
        )
    }
  })

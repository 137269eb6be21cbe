/** Follows each line typed in a session until a peer has it, and lets the console show the state of each. */
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type Typed, whenTaken } from "../../../services/Console.ts"
import { MeshStatus } from "../../../services/MeshStatus.ts"
import type { SayResult } from "../../../services/MessageLog.ts"
import { actionIn, deedMark, utterance } from "../../domain/Action.ts"
import { doubtAfter, pairUp, type Saying, saidAnew, sortOut } from "../../domain/Delivery.ts"
import type { Entry } from "../../domain/Entry.ts"
import * as Monotonic from "../../domain/Monotonic.ts"
import { authorOf, type Post } from "../../domain/Post.ts"
import { Run } from "../Run.ts"
import type { Session } from "./Session.ts"

/** A timer may fire a little before the clock reaches its time. This is added to the delay. */
const early = Duration.millis(50)

export interface OwnLines {
  /** Shows a text in place of a typed line. */
  readonly reword: (line: Typed, text: string) => Effect.Effect<void>
  /** Takes away lines that came too late and are said to nobody. */
  readonly drop: (lines: ReadonlyArray<Typed>) => Effect.Effect<void>
  /** Settles lines that need no delivery, such as commands: they are pending no more. */
  readonly settle: (lines: ReadonlyArray<Typed>) => Effect.Effect<void>
  /**
   * Takes the result of each line and follows the lines that were said. Lines that could not be said, and lines without
   * a result, are given back.
   */
  readonly follow: (sayings: ReadonlyArray<Saying<Typed>>, results: ReadonlyArray<SayResult>) => Effect.Effect<void>
  /**
   * Shows the entries of the log. Before it shows an entry, it settles the lines that a peer is known to have: a peer
   * that answers a line has it. Between entries, it settles lines when peers confirm them, and marks lines that no peer
   * has confirmed for long. Lines typed in other sessions of the node are followed too, and stand among the lines typed
   * here.
   */
  readonly watch: (entries: Stream.Stream<Entry>, { seen, show }: Screen) => Effect.Effect<void>
}

/** A screen that shows entries. */
export interface Screen {
  readonly show: (entries: Chunk.Chunk<Entry>) => Effect.Effect<void>
  /** Reports that these entries are on the screen, or need not be shown. */
  readonly seen: (entries: Chunk.Chunk<Entry>) => void
}

/**
 * Carries pending lines over to another run of the node. `posts` maps each post that is said again to its new post: the
 * line is still followed. A peer has all others, so their lines are settled.
 */
export const carryOver = ({ console, waiting }: Session["Type"], posts: ReadonlyMap<Post, Post>): Effect.Effect<void> =>
  Effect.gen(function* () {
    if (Option.isNone(console.pending)) return
    const now = Monotonic.millis(yield* Effect.clock)
    const left = yield* Ref.modify(waiting, (lines) => {
      const sorted = saidAnew(lines, posts, now)
      return [sorted.left, sorted.said]
    })
    yield* whenTaken(console.pending.value.settle)(left)
  })

type Own = Extract<Entry, { readonly own: boolean }>
const isOwn = (entry: Entry): entry is Own => entry._tag === "Said" && entry.own

/** For a console that does not show typed lines, such as a pipe: it follows nothing. */
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
    const { add, drop, giveBack, reword } = console.pending.value
    const mark = whenTaken(console.pending.value.mark)
    const settle = whenTaken(console.pending.value.settle)
    const status = yield* MeshStatus
    const { undelivered } = yield* Run
    const scope = yield* Effect.scope
    const clock = yield* Effect.clock
    /** A program gets every entry unchanged, its own lines too. */
    const seesAll = Option.isSome(console.tell)
    /** Signals that lines may have to be settled or marked. */
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

    /** The text to show for a line that was typed in another session. */
    const textOf = ({ stream, text }: Post): string =>
      actionIn(text) === undefined ? text : utterance(authorOf(stream), text, deedMark)
    /** Follows lines that were said in other sessions. */
    const take = (entries: Chunk.Chunk<Own>) =>
      Effect.gen(function* () {
        const saidAt = Monotonic.millis(clock)
        const lines = Array.from(entries, ({ post }) => ({ line: { text: textOf(post) }, post, saidAt }))
        yield* Ref.update(waiting, (before) => [...before, ...lines])
        for (const { line } of lines) add(line)
        yield* reviewLater
      })
    /** Looks again after `doubtAfter`: a line that no peer has confirmed by then is marked. */
    const reviewLater = Effect.suspend(() =>
      // The effect that says a line is uninterruptible. The fiber would inherit that and hold up the end.
      Effect.forkIn(Effect.interruptible(Effect.delay(due.offer(undefined), Duration.sum(doubtAfter, early))), scope)
    )
    /**
     * Shows entries in the order of the log. Entries before a line of another session are shown before that line is
     * added, and later entries are shown below it.
     */
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

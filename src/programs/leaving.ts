/** How a node leaves: it stays while peers take its last posts, and reports what is lost otherwise. */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { Console } from "../../services/Console.ts"
import { Interrupts, type Wish } from "../../services/Interrupts.ts"
import { MeshStatus } from "../../services/MeshStatus.ts"
import { MessageLog } from "../../services/MessageLog.ts"
import { PeerMesh } from "../../services/PeerMesh.ts"
import { LinesLost } from "../domain/Errors.ts"
import * as Monotonic from "../domain/Monotonic.ts"
import { lastLines, notice } from "../domain/ScreenLine.ts"
import type { OwnLines } from "./session/ownLines.ts"
import type { Ending } from "./session/say.ts"
import { isGoodbye } from "./session/steps.ts"
import type { Undelivered } from "./undelivered.ts"

/**
 * Peers confirm once a second what they have, so a missing confirmation is reported only after this delay. A person is
 * told at once if no peer is there.
 */
const usualDelay = Duration.millis(1_500)

/** How often to check whether peers have taken more. */
const lookEvery = Duration.seconds(1)

/**
 * A signal within this time after the first request to end belongs to it: a program that closes stdin may also send
 * SIGTERM.
 */
const sameWish = Duration.millis(300)

/** Why the program leaves; undefined until it does. It stays when the node begins another run. */
export class Leaving extends Context.Tag("outlive/Leaving")<Leaving, Ref.Ref<Manner["ending"] | undefined>>() {
  static readonly notYet: Layer.Layer<Leaving> = Layer.effect(
    Leaving,
    Ref.make<Manner["ending"] | undefined>(undefined)
  )
}

/** Returns when the program is asked to leave. Returns at once if that happened in an earlier run of its node. */
export const untilAsked = <E, R>(
  ended: Effect.Effect<Manner["ending"], E, R>
): Effect.Effect<Manner["ending"], E, R | Leaving> =>
  Effect.flatMap(Leaving, (leaving) =>
    Effect.flatMap(Ref.get(leaving), (before) =>
      before === undefined ? Effect.tap(ended, (ending) => Ref.set(leaving, ending)) : Effect.succeed(before)
    )
  )

export interface Manner {
  readonly ending: Ending | "interrupt"
  readonly ownLines: OwnLines
  readonly undelivered: Undelivered
  /** Keeps all other sessions from saying more. */
  readonly hush: Effect.Effect<void>
  /** The last posts are given up when no peer has taken any for this long. */
  readonly within: Duration.Duration
  /** Whether a peer may still come and take them. */
  readonly hasHope: Effect.Effect<boolean>
}

/**
 * Returns when some peer has every post of this node. Stops waiting when no peer takes any more, and at a second
 * request to leave. Then the rest is lost, unless it is kept on disk. Lines that are typed meanwhile are not said.
 */
export const untilHeard = Effect.fn("Node.leave")(function* ({
  ending,
  hasHope,
  hush,
  ownLines,
  undelivered: { unheld: undelivered },
  within
}: Manner) {
  const console = yield* Console
  const interrupts = yield* Interrupts
  const log = yield* MessageLog
  const mesh = yield* PeerMesh
  const { delivery } = yield* MeshStatus

  const allHeard = Stream.merge(delivery.changes, Stream.fromSchedule(Schedule.spaced(lookEvery))).pipe(
    Stream.filterEffect(() => Effect.map(undelivered, (count) => count === 0)),
    Stream.runHead
  )
  /** Returns when no peer has taken more for `within`, or when no peer is left that could. */
  const stalled = Effect.gen(function* () {
    const looks = Math.max(1, Math.ceil(Duration.toMillis(within) / Duration.toMillis(lookEvery)))
    let before = yield* undelivered
    for (let left = looks; left > 0 && (yield* hasHope); left -= 1) {
      yield* Effect.sleep(lookEvery)
      const now = yield* undelivered
      if (now < before) left = looks + 1
      before = now
    }
  })
  const clock = yield* Effect.clock
  const begun = Monotonic.millis(clock)
  const isAnother = (wish: Wish) => wish === "key" || Monotonic.millis(clock) >= begun + Duration.toMillis(sameWish)
  const again = Effect.raceFirst(Effect.repeat(interrupts.next, { until: isAnother }), goodbyeTyped(console, ownLines))
  const tell = Effect.gen(function* () {
    const { alone } = yield* delivery.get
    // A script that says a line and ends at once may not have joined yet.
    if (!alone || !console.isPerson) yield* Effect.sleep(usualDelay)
    const count = yield* undelivered
    if (count === 0 || !(yield* hasHope)) return
    yield* console.show([
      notice(
        `Leaving: no peer has your ${lastLines(count)} yet. Waiting until one has, or until none has taken more for ${Duration.toSeconds(within)} s (--within); ${soonerBy[ending]} leaves at once.`
      )
    ])
  })

  yield* hush
  if ((yield* undelivered) === 0) return
  yield* allHeard.pipe(
    Effect.raceFirst(stalled),
    Effect.raceFirst(again),
    Effect.raceFirst(Effect.zipRight(tell, Effect.never))
  )
  const count = yield* undelivered
  if (count === 0) return
  yield* mesh.hurry
  if (!log.keeps) return yield* new LinesLost({ count })
  yield* console.show([
    notice(`No peer has your ${lastLines(count)} yet: kept in the data folder, and sent at the next start with it.`)
  ])
})

/** What makes the program leave at once. */
const soonerBy: Record<Manner["ending"], string> = {
  exit: "Exit again, or Ctrl-C,",
  interrupt: "Ctrl-C again",
  "end of input": "Ctrl-C"
}

/** Returns when a second request to leave is typed. Any other line typed meanwhile is dropped. */
export const goodbyeTyped = (console: Console["Type"], ownLines: OwnLines): Effect.Effect<void> =>
  Stream.runForEach(console.lines, (line) =>
    isGoodbye(line) ? Effect.fail("goodbye" as const) : ownLines.drop([line])
  ).pipe(
    Effect.zipRight(Effect.never),
    Effect.catchAll(() => Effect.void)
  )

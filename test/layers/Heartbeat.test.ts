import { assert, describe, it } from "@effect/vitest"
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import type { Control, Frame } from "../../src/protocol/Frame.ts"
import { linkedOf } from "../support/linked.ts"
import { id } from "../support/samples.ts"
import { make } from "./ServerWithVisitors.ts"

const answers = (frame: Frame): ReadonlyArray<Control> => (frame.type === "ping" ? [{ type: "pong" }] : [])
const pingsIn = (frames: ReadonlyArray<Frame>) => frames.filter(({ type }) => type === "ping").length

/** So many visitors who answer, and one who never says a word; how long that one is there, and what the others hear meanwhile and a minute longer. */
const watch = (silence: Parameters<typeof make>[0], count: number) =>
  Effect.gen(function* () {
    const { mesh, status, visit } = yield* make(silence)
    const acceptor = yield* Effect.forEach(Arr.makeBy(count, String), (name) => visit(name, answers))
    yield* visit("mute")
    while ((yield* linkedOf(status)).length <= count) yield* TestClock.adjust("50 millis")
    const begun = yield* Clock.currentTimeMillis
    const lost = yield* Effect.fork(Effect.zipRight(mesh.awaitLoss(id("mute")), Clock.currentTimeMillis))
    yield* TestClock.adjust("25 seconds")
    const lasted = (yield* Fiber.join(lost)) - begun
    const before = acceptor.map(({ heard }) => pingsIn(heard))
    yield* TestClock.adjust("1 minute")
    assert.lengthOf(yield* linkedOf(status), count, "whoever answers stays")
    return { lasted, pings: acceptor.map(({ heard }, at) => pingsIn(heard) - (before[at] ?? 0)) }
  })

/** A clock on which sleeps end late: because the node was frozen, or always. */
const lateClock = (below: Clock.Clock, late = 0) => {
  let thawsAt = 0
  const clock: Clock.Clock = {
    ...below,
    unsafeCurrentTimeMillis: () => below.unsafeCurrentTimeMillis(),
    unsafeCurrentTimeNanos: () => below.unsafeCurrentTimeNanos(),
    sleep: (duration) =>
      Effect.zipRight(
        below.sleep(Duration.sum(Duration.decode(duration), Duration.millis(late))),
        Effect.suspend(() => below.sleep(Duration.millis(Math.max(0, thawsAt - below.unsafeCurrentTimeMillis()))))
      )
  }
  return {
    clock,
    freeze: (millis: number) => {
      thawsAt = below.unsafeCurrentTimeMillis() + millis
    }
  }
}

describe("the heartbeat", () => {
  it.scoped("cuts whoever gives no sign of life, within the limit, and asks the others each three fifths of it", () =>
    Effect.gen(function* () {
      const { lasted, pings } = yield* watch({ silence: "3 seconds" }, 3)
      assert.isAtMost(lasted, 3_000)
      assert.isAtLeast(lasted, 2_300, "four fifths at least, but for the first round")
      for (const count of pings) assert.isTrue(33 <= count && count <= 34, `${count} in 60 s`)
    })
  )

  it.scoped("gives many links more time, so that however many there are, pings a second do not grow", () =>
    Effect.gen(function* () {
      // 70 links, looked at in two parts: 0.3 s for each of them are 21 s and a little.
      const { lasted, pings } = yield* watch({ silence: "3 seconds", silenceALink: "300 millis" }, 70)
      assert.isTrue(16_000 <= lasted && lasted <= 21_300, `${lasted} ms`)
      const sum = pings.reduce((all, each) => all + each, 0)
      assert.isAtMost(sum / 60, 1 / (0.6 * 0.3) + 1, "a second")
      assert.isAtLeast(Math.min(...pings), 4)
    })
  )

  it.scoped("tells the limit as it is with as many links as there are", () =>
    Effect.gen(function* () {
      const { status, visit } = yield* make({ silence: "3 seconds", silenceALink: "1 second" })
      assert.strictEqual(Duration.toMillis(yield* status.silence), 3_000)
      yield* Effect.forEach(Arr.makeBy(5, String), (name) => visit(name))
      yield* TestClock.adjust("10 millis")
      assert.strictEqual(Duration.toMillis(yield* status.silence), 5_000)
    })
  )

  it.scoped("leaves it to a peer that pings: who hears a ping knows enough", () =>
    Effect.gen(function* () {
      const { visit } = yield* make({ silence: "3 seconds" })
      const { heard, say } = yield* visit("1", answers)
      for (let second = 0; second < 30; second += 1) {
        say({ type: "ping" })
        yield* TestClock.adjust("1 second")
      }
      assert.isAtMost(pingsIn(heard), 3, "when it is new, and each 25 rounds, to be measured")
      assert.isAtLeast(pingsIn(heard), 2)
    })
  )

  it.scoped("of a node that was frozen takes nobody for dead whose answer is not read yet", () =>
    Effect.gen(function* () {
      const { clock, freeze } = lateClock(yield* Effect.clock)
      const { status, visit } = yield* Effect.withClock(make({ silence: "3 seconds" }), clock)
      let isFrozen = false
      const { heard, say } = yield* visit("1", (frame) => (isFrozen ? [] : answers(frame)))
      yield* TestClock.adjust("1 second")
      isFrozen = true
      const before = pingsIn(heard)
      while (pingsIn(heard) === before) yield* TestClock.adjust("10 millis")
      freeze(10_000)
      yield* TestClock.adjust("10 seconds")
      assert.lengthOf(yield* linkedOf(status), 1, "it has just thawed")
      say({ type: "pong" })
      isFrozen = false
      yield* TestClock.adjust("1 minute")
      assert.lengthOf(yield* linkedOf(status), 1, "it answers")
      isFrozen = true
      yield* TestClock.adjust("3 seconds")
      assert.lengthOf(yield* linkedOf(status), 0, "it is silent for as long as it may be")
    })
  )

  it.scoped("of a node that is always late cuts whoever is silent all the same", () =>
    Effect.gen(function* () {
      const { clock } = lateClock(yield* Effect.clock, 400)
      const { status, visit } = yield* Effect.withClock(make({ silence: "3 seconds" }), clock)
      yield* visit("mute")
      yield* TestClock.adjust("1 second")
      assert.lengthOf(yield* linkedOf(status), 1)
      yield* TestClock.adjust("5 seconds")
      assert.lengthOf(yield* linkedOf(status), 0)
    })
  )

  it.scoped("sleeps while there is no link, and cuts a peer that comes then", () =>
    Effect.gen(function* () {
      const { status, visit } = yield* make({ silence: "3 seconds" })
      yield* TestClock.adjust("1 hour")
      yield* visit("mute")
      yield* TestClock.adjust("2 seconds")
      assert.lengthOf(yield* linkedOf(status), 1)
      yield* TestClock.adjust("1 second")
      assert.lengthOf(yield* linkedOf(status), 0)
    })
  )
})

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
})

/** Who is let in under an id that somebody has. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { describe } from "vitest"
import type { Control, Frame } from "../../src/protocol/Frame.ts"
import { linkedOf } from "../support/linked.ts"
import { peer } from "../support/samples.ts"
import { make } from "./ServerWithVisitors.ts"

const world = make({ silence: "15 seconds" })

const isAlive = (frame: Frame): ReadonlyArray<Control> => (frame.type === "ping" ? [{ type: "pong" }] : [])

/** What a visitor has heard of whether it may come in. */
const verdicts = (heard: ReadonlyArray<Frame>) =>
  heard.flatMap((frame) => (frame.type === "refused" ? [frame.reason] : frame.type === "welcome" ? ["welcome"] : []))

const pings = (heard: ReadonlyArray<Frame>) => heard.filter(({ type }) => type === "ping").length

describe("whoever comes in a role that is not its own", () => {
  it.scoped(
    "is refused: a client that says it is a server, and one with the server's id that says it is a client",
    () =>
      Effect.gen(function* () {
        const { status, visit } = yield* world
        const posing = yield* visit("7", isAlive, 1, "server")
        const denying = yield* visit("Server", isAlive, 2, "client")
        const honest = yield* visit("8", isAlive)
        yield* TestClock.adjust("100 millis")
        assert.deepStrictEqual(
          [posing, denying, honest].map(({ heard }) => verdicts(heard)),
          [["mistaken"], ["mistaken"], ["welcome"]]
        )
        assert.deepStrictEqual(yield* linkedOf(status), [peer("8", 6000)])
      })
  )
})

describe("whoever has to wait for the program", () => {
  it.scoped("and goes before its turn is skipped, also when several came at once", () =>
    Effect.gen(function* () {
      const admitted: Array<string> = []
      const { visit } = yield* make({ silence: "15 seconds" }, ({ id }) =>
        Effect.delay(
          Effect.sync(() => admitted.push(id)),
          "1 second"
        )
      )
      yield* visit("1", isAlive)
      yield* TestClock.adjust("100 millis")
      const life = yield* Scope.make()
      yield* visit("2", isAlive)
      yield* Scope.extend(visit("3", isAlive), life)
      yield* visit("4", isAlive)
      // The program takes all that came meanwhile, and begins with 2.
      yield* TestClock.adjust("1 second")
      yield* Scope.close(life, Exit.void)
      yield* TestClock.adjust("3 seconds")
      assert.deepStrictEqual(admitted, ["1", "2", "4"])
    })
  )
})

describe("whoever comes under the id of another run", () => {
  it.scoped("is refused for good as soon as that one has answered", () =>
    Effect.gen(function* () {
      const { visit } = yield* world
      yield* visit("1", isAlive)
      yield* TestClock.adjust("1 second")
      const { heard } = yield* visit("1", isAlive, 2)
      yield* TestClock.adjust("10 millis")
      assert.deepStrictEqual(verdicts(heard), ["id-taken"])
    })
  )

  it.scoped("is let in when that one's link ends, whatever was still on its way", () =>
    Effect.gen(function* () {
      const { visit } = yield* world
      const life = yield* Scope.make()
      const dead = yield* Scope.extend(visit("1"), life)
      yield* TestClock.adjust("1 second")
      // A new link is measured.
      const earlier = pings(dead.heard)
      const { heard } = yield* visit("1", isAlive, 2)
      for (let i = 0; i < 3; i += 1) {
        dead.say({ type: "have", streams: {}, more: false })
        yield* TestClock.adjust("1 second")
      }
      assert.deepStrictEqual([pings(dead.heard) - earlier, verdicts(heard)], [1, []])
      yield* Scope.close(life, Exit.void)
      yield* TestClock.adjust("100 millis")
      assert.deepStrictEqual(verdicts(heard), ["welcome"])
    })
  )

  it.scoped("may try again while nobody knows whether that one lives", () =>
    Effect.gen(function* () {
      const { visit } = yield* world
      yield* visit("1")
      yield* TestClock.adjust("1 second")
      const early = yield* visit("1", isAlive, 2)
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(verdicts(early.heard), ["unavailable"])
      yield* TestClock.adjust("15 seconds")
      const late = yield* visit("1", isAlive, 2)
      yield* TestClock.adjust("10 millis")
      assert.deepStrictEqual(verdicts(late.heard), ["welcome"])
    })
  )

  it.scoped("has to do with the answer to a ping of its own, not with the one to an earlier ping", () =>
    Effect.gen(function* () {
      const { visit } = yield* world
      const dead = yield* visit("1")
      yield* TestClock.adjust("10 seconds")
      assert.isAbove(pings(dead.heard), 0)
      const earlier = pings(dead.heard)
      const newcomer = yield* visit("1", isAlive, 2)
      yield* TestClock.adjust("10 millis")
      for (let i = 0; i < earlier; i += 1) dead.say({ type: "pong" })
      yield* TestClock.adjust("10 millis")
      assert.deepStrictEqual(verdicts(newcomer.heard), [])
      dead.say({ type: "pong" })
      yield* TestClock.adjust("10 millis")
      assert.deepStrictEqual(verdicts(newcomer.heard), ["id-taken"])
    })
  )
})

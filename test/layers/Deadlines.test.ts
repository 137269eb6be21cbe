import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { describe } from "vitest"
import * as Deadlines from "../../layers/links/Deadlines.ts"
import { wallClock } from "../support/VirtualTime.ts"

const world = Effect.gen(function* () {
  const begin = yield* Deadlines.make("5 seconds")
  const expired: Array<string> = []
  return {
    expired,
    begin: (name: string) =>
      begin(() => {
        expired.push(name)
      })
  }
})

describe("Deadlines", () => {
  it.scoped("each expires when its own time is over, and no earlier", () =>
    Effect.gen(function* () {
      const { begin, expired } = yield* world
      begin("one")
      yield* TestClock.adjust("2 seconds")
      begin("two")
      yield* TestClock.adjust("2999 millis")
      assert.deepStrictEqual(expired, [])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(expired, ["one"])
      yield* TestClock.adjust("1999 millis")
      assert.deepStrictEqual(expired, ["one"])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(expired, ["one", "two"])
      yield* TestClock.adjust("1 hour")
      begin("much later")
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(expired, ["one", "two", "much later"])
    })
  )

  it.scoped("a clock that is set back or forth changes nothing", () =>
    Effect.gen(function* () {
      const wall = wallClock(yield* Effect.clock)
      const { begin, expired } = yield* Effect.withClock(world, wall.clock)
      begin("before")
      wall.set(-3_600_000)
      begin("an hour back")
      yield* TestClock.adjust("4 seconds")
      wall.set(3_600_000)
      begin("an hour ahead")
      yield* TestClock.adjust("999 millis")
      assert.deepStrictEqual(expired, [])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(expired, ["before", "an hour back"])
      yield* TestClock.adjust("4 seconds")
      assert.deepStrictEqual(expired, ["before", "an hour back", "an hour ahead"])
    })
  )

  it.scoped("what is met does not expire, and does not hold up the others", () =>
    Effect.gen(function* () {
      const { begin, expired } = yield* world
      const met = begin("met in time")
      begin("other")
      yield* TestClock.adjust("4 seconds")
      met()
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(expired, ["other"])
      met()
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(expired, ["other"])
    })
  )
})

import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { makeChecks } from "../../layers/Checks.ts"

/** Checks each second. `at`: the seconds in which there was a check. */
const watch = Effect.gen(function* () {
  const clock = yield* Effect.clock
  const begun = yield* Clock.currentTimeMillis
  const at: Array<number> = []
  let unfinished = 0
  const checks = makeChecks(clock, "1 second")
  yield* Effect.forkScoped(
    checks.run(
      Effect.map(Clock.currentTimeMillis, (now) => {
        at.push((now - begun) / 1_000)
        unfinished -= 1
      }),
      () => unfinished > 0
    )
  )
  return {
    at,
    stir: checks.stir,
    finishAfter: (count: number) => {
      unfinished = count
    }
  }
})

describe("checks", () => {
  it.scoped("take place once after a change, at the next whole interval, and not again", () =>
    Effect.gen(function* () {
      const { at, stir } = yield* watch
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(at, [1], "once at the start")
      yield* TestClock.adjust("300 millis")
      stir()
      stir()
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(at, [1, 11])
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(at, [1, 11])
    })
  )

  it.scoped("go on as long as something is unfinished", () =>
    Effect.gen(function* () {
      const { at, finishAfter, stir } = yield* watch
      yield* TestClock.adjust("5500 millis")
      finishAfter(3)
      stir()
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(at, [1, 6, 7, 8])
    })
  )

  it.scoped("take place for a change that comes while a check is under way", () =>
    Effect.gen(function* () {
      const clock = yield* Effect.clock
      const checks = makeChecks(clock, "1 second")
      let count = 0
      const check = Effect.sync(() => {
        count += 1
        if (count === 1) checks.stir()
      })
      yield* Effect.forkScoped(checks.run(check, () => false))
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(count, 2)
    })
  )
})

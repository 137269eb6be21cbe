import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { makeTurns } from "../../src/domain/Turns.ts"

describe("Turns", () => {
  it.effect("begins a step when the one before has ended, in the order in which they came", () =>
    Effect.gen(function* () {
      const inTurn = makeTurns()
      const seen: Array<string> = []
      const step = (name: string) =>
        inTurn(
          Effect.gen(function* () {
            seen.push(`${name} begins`)
            for (let times = 0; times < 3; times += 1) yield* Effect.yieldNow()
            seen.push(`${name} ends`)
          })
        )
      yield* Effect.all([step("1"), step("2"), step("3")], { concurrency: "unbounded" })
      assert.deepStrictEqual(seen, ["1 begins", "1 ends", "2 begins", "2 ends", "3 begins", "3 ends"])
    })
  )

  it.effect("goes on after a step that failed, and after one that died", () =>
    Effect.gen(function* () {
      const inTurn = makeTurns()
      const exits = yield* Effect.all(
        [inTurn(Effect.fail("no")), inTurn(Effect.die("broken")), inTurn(Effect.succeed("done"))].map(Effect.exit),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(exits, [Exit.fail("no"), Exit.failCause(Cause.die("broken")), Exit.succeed("done")])
      assert.strictEqual(yield* inTurn(Effect.succeed("again")), "again")
    })
  )

  it.effect("breaks off nobody, whether under way or waiting", () =>
    Effect.gen(function* () {
      const inTurn = makeTurns()
      const gate = yield* Deferred.make<void>()
      const seen: Array<string> = []
      const under = yield* Effect.fork(
        inTurn(
          Effect.zipRight(
            Deferred.await(gate),
            Effect.sync(() => seen.push("under way"))
          )
        )
      )
      const behind = yield* Effect.fork(inTurn(Effect.sync(() => seen.push("waiting"))))
      yield* Effect.yieldNow()
      const interrupted = yield* Effect.fork(Fiber.interruptAll([under, behind]))
      yield* Effect.yieldNow()
      assert.deepStrictEqual(seen, [])
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(interrupted)
      assert.deepStrictEqual(seen, ["under way", "waiting"])
      assert.strictEqual(yield* inTurn(Effect.succeed("free")), "free")
    })
  )
})

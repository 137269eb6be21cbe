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
      const { inTurn } = makeTurns()
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
      const { inTurn } = makeTurns()
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
      const { inTurn } = makeTurns()
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

  describe("at once", () => {
    it.effect("runs a plain step when nobody has the turn, and none while a step is under way or waits", () =>
      Effect.gen(function* () {
        const { inTurn, now } = makeTurns()
        const gate = yield* Deferred.make<void>()
        const seen: Array<string> = []
        const note = (name: string) => () => {
          seen.push(name)
          return name
        }
        assert.strictEqual(now(note("first")), "first")
        const under = yield* Effect.fork(
          inTurn(
            Effect.zipRight(
              Deferred.await(gate),
              Effect.sync(() => {
                note("second")()
                return now(note("overtakes from within"))
              })
            )
          )
        )
        const behind = yield* Effect.fork(inTurn(Effect.sync(note("third"))))
        yield* Effect.yieldNow()
        assert.isUndefined(now(note("overtakes both")))
        yield* Deferred.succeed(gate, undefined)
        assert.isUndefined(yield* Fiber.join(under))
        yield* Fiber.join(behind)
        assert.strictEqual(now(note("last")), "last")
        assert.deepStrictEqual(seen, ["first", "second", "third", "last"])
      })
    )

    it.effect("lets nobody overtake a step that was given the turn and has not begun", () =>
      Effect.gen(function* () {
        const { inTurn, now } = makeTurns()
        const seen: Array<string> = []
        const overtaken: Array<unknown> = []
        const first = inTurn(Effect.yieldNow())
        const second = inTurn(Effect.sync(() => seen.push("second")))
        yield* Effect.all([Effect.map(first, () => overtaken.push(now(() => seen.push("overtakes")))), second], {
          concurrency: "unbounded"
        })
        assert.deepStrictEqual(overtaken, [undefined])
        assert.deepStrictEqual(seen, ["second"])
      })
    )

    it.effect("refuses a step within a step, and lets an effect that is called there run after it", () =>
      Effect.gen(function* () {
        const { inTurn, now } = makeTurns()
        const seen: Array<string> = []
        const late = now(() => {
          const fiber = Effect.runFork(inTurn(Effect.sync(() => seen.push("after"))))
          assert.isUndefined(now(() => seen.push("within")))
          seen.push("itself")
          return fiber
        })
        if (late !== undefined) yield* Fiber.join(late)
        assert.deepStrictEqual(seen, ["itself", "after"])
      })
    )

    it.effect("goes on after a step that threw, and after a waiting one that was interrupted", () =>
      Effect.gen(function* () {
        const { inTurn, now } = makeTurns()
        assert.throws(() =>
          now(() => {
            throw new Error("broken")
          })
        )
        assert.strictEqual(
          now(() => "free"),
          "free"
        )
        const gate = yield* Deferred.make<void>()
        const under = yield* Effect.fork(inTurn(Deferred.await(gate)))
        const behind = yield* Effect.fork(inTurn(Effect.void))
        yield* Effect.yieldNow()
        const interrupted = yield* Effect.fork(Fiber.interrupt(behind))
        yield* Deferred.succeed(gate, undefined)
        yield* Fiber.join(under)
        yield* Fiber.join(interrupted)
        assert.strictEqual(
          now(() => "free"),
          "free"
        )
      })
    )

    it.effect("may be forbidden, and counts what was done either way", () =>
      Effect.gen(function* () {
        let may = false
        const { inTurn, now, steps } = makeTurns(() => may)
        assert.isUndefined(now(() => 1))
        yield* inTurn(Effect.void)
        may = true
        assert.strictEqual(
          now(() => 1),
          1
        )
        assert.isUndefined(now(() => undefined))
        assert.deepStrictEqual(steps(), { atOnce: 1, inTurn: 1 })
      })
    )
  })
})

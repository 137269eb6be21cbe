/** Changes that are written together. */
import { assert, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { describe } from "vitest"
import * as Gathered from "../../layers/ports/Gathered.ts"

/** A value whose writes wait until the test lets them go on, or fail. */
const world = Effect.gen(function* () {
  const writes: Array<{ readonly text: string; readonly end: Deferred.Deferred<void, string> }> = []
  const gathered = yield* Gathered.make<string, string>("", (text) =>
    Effect.flatMap(Deferred.make<void, string>(), (end) => {
      writes.push({ text, end })
      return Deferred.await(end)
    })
  )
  const add = (letter: string) => Effect.fork(gathered.change((before) => before + letter))
  const settle = Effect.repeatN(Effect.yieldNow(), 20)
  const end = (at: number, exit: Exit.Exit<void, string> = Exit.void) =>
    Effect.zipRight(Deferred.done(writes[at]?.end as Deferred.Deferred<void, string>, exit), settle)
  return {
    add: (letter: string) => Effect.zipLeft(add(letter), settle),
    end,
    gathered,
    texts: () => writes.map(({ text }) => text)
  }
})

describe("Gathered", () => {
  it.scoped("writes what comes during a write all at once, in the order of the calls", () =>
    Effect.gen(function* () {
      const { add, end, gathered, texts } = yield* world
      const first = yield* add("a")
      const others = [yield* add("b"), yield* add("c"), yield* add("d")]
      assert.deepStrictEqual(texts(), ["a"])
      assert.strictEqual(gathered.current(), "")
      yield* end(0)
      yield* Fiber.join(first)
      assert.deepStrictEqual(texts(), ["a", "abcd"])
      assert.strictEqual(gathered.current(), "a")
      yield* end(1)
      for (const each of others) yield* Fiber.join(each)
      assert.strictEqual(gathered.current(), "abcd")
    })
  )

  it.scoped("a write that fails fails all changes in it, and none of them counts", () =>
    Effect.gen(function* () {
      const { add, end, gathered, texts } = yield* world
      yield* add("a")
      const failing = [yield* add("b"), yield* add("c")]
      yield* end(0)
      yield* end(1, Exit.fail("the disk is full"))
      for (const each of failing) assert.deepStrictEqual(yield* Fiber.await(each), Exit.fail("the disk is full"))
      const later = yield* add("d")
      yield* end(2)
      yield* Fiber.join(later)
      assert.deepStrictEqual(texts(), ["a", "abc", "ad"])
      assert.strictEqual(gathered.current(), "ad")
    })
  )

  it.scoped("a change that changes nothing needs no write", () =>
    Effect.gen(function* () {
      const { gathered, texts } = yield* world
      yield* gathered.change((before) => before)
      assert.deepStrictEqual(texts(), [])
    })
  )

  it.scoped("a fault in a change or a write fails those in it, and holds up nobody after them", () =>
    Effect.gen(function* () {
      const { add, end, gathered } = yield* world
      const fault = new Error("a fault")
      const faulty = yield* Effect.exit(
        gathered.change(() => {
          throw fault
        })
      )
      assert.deepStrictEqual(faulty, Exit.die(fault))
      const unwritten = yield* add("a")
      yield* end(0, Exit.die(fault))
      assert.deepStrictEqual(yield* Fiber.await(unwritten), Exit.die(fault))
      const next = yield* add("b")
      yield* end(1)
      yield* Fiber.join(next)
      assert.strictEqual(gathered.current(), "b")
    })
  )

  it.scoped("whoever is interrupted while others wait holds nobody up", () =>
    Effect.gen(function* () {
      const { add, end, gathered, texts } = yield* world
      const first = yield* add("a")
      const second = yield* add("b")
      const third = yield* add("c")
      yield* Fiber.interrupt(first)
      yield* Fiber.interrupt(second)
      yield* end(0)
      yield* end(1)
      yield* Fiber.join(third)
      assert.deepStrictEqual(texts(), ["a", "abc"])
      assert.strictEqual(gathered.current(), "abc")
    })
  )
})

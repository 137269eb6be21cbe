import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { makeSignal } from "../../src/domain/Signal.ts"

describe("Signal", () => {
  it.effect("wakes who waits when that holds, and at no other change", () =>
    Effect.gen(function* () {
      const signal = makeSignal()
      let count = 0
      let looks = 0
      const waiting = yield* Effect.fork(
        signal.until(() => {
          looks += 1
          return count === 2
        })
      )
      yield* Effect.yieldNow()
      for (count = 1; count <= 2; count += 1) {
        signal.changed()
        if (count === 1) assert.isTrue(Option.isNone(yield* Fiber.poll(waiting)))
      }
      yield* Fiber.join(waiting)
      assert.strictEqual(looks, 3)
      signal.changed()
      assert.strictEqual(looks, 3)
    })
  )

  it.effect("does not look for who was interrupted while it waited", () =>
    Effect.gen(function* () {
      const signal = makeSignal()
      let looks = 0
      const waiting = yield* Effect.fork(
        signal.until(() => {
          looks += 1
          return false
        })
      )
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(waiting)
      signal.changed()
      assert.strictEqual(looks, 1)
    })
  )

  it.effect("calls listeners at each change, before fibers go on, until they are taken away", () =>
    Effect.gen(function* () {
      const signal = makeSignal()
      const seen: Array<string> = []
      const waiting = yield* Effect.fork(
        Effect.map(
          signal.until(() => seen.length > 0),
          () => seen.push("fiber")
        )
      )
      yield* Effect.yieldNow()
      const off = signal.listen(() => seen.push("listener"))
      signal.changed()
      assert.deepStrictEqual(seen, ["listener"])
      yield* Fiber.join(waiting)
      assert.deepStrictEqual(seen, ["listener", "fiber"])
      off()
      signal.changed()
      assert.deepStrictEqual(seen, ["listener", "fiber"])
    })
  )

  it("calls listeners again after one of them has changed the state, and none from within another", () => {
    const signal = makeSignal()
    let count = 0
    let depth = 0
    const seen: Array<ReadonlyArray<number | string>> = []
    const listener = (name: string, act: () => void) =>
      signal.listen(() => {
        depth += 1
        seen.push([name, count, depth])
        act()
        depth -= 1
      })
    listener("grows", () => {
      if (count === 3) return
      count += 1
      signal.changed()
    })
    listener("follows", () => {})
    count = 1
    signal.changed()
    assert.deepStrictEqual(seen, [
      ["grows", 1, 1],
      ["follows", 2, 1],
      ["grows", 2, 1],
      ["follows", 3, 1],
      ["grows", 3, 1],
      ["follows", 3, 1]
    ])
  })

  it("goes on to call listeners after one has thrown", () => {
    const signal = makeSignal()
    let looks = 0
    signal.listen(() => {
      looks += 1
      if (looks === 1) throw new Error("broken")
    })
    assert.throws(() => signal.changed())
    signal.changed()
    assert.strictEqual(looks, 2)
  })

  it.effect("emits what there is by then, in one chunk, and ends when there is nothing", () =>
    Effect.gen(function* () {
      const signal = makeSignal()
      const there: Array<number> = []
      let isOver = false
      const chunks: Array<ReadonlyArray<number>> = []
      const reader = yield* Effect.fork(
        Stream.runForEachChunk(
          signal.stream(
            () => there.length > 0 || isOver,
            () => (there.length === 0 ? Option.none() : Option.some(Chunk.unsafeFromArray(there.splice(0))))
          ),
          (chunk) => Effect.sync(() => chunks.push([...chunk]))
        )
      )
      yield* Effect.yieldNow()
      there.push(1)
      signal.changed()
      there.push(2)
      signal.changed()
      yield* Effect.yieldNow()
      there.push(3)
      signal.changed()
      yield* Effect.yieldNow()
      isOver = true
      signal.changed()
      yield* Fiber.join(reader)
      assert.deepStrictEqual(chunks, [[1, 2], [3]])
    })
  )

  it.effect("takes nothing for a reader that was interrupted, and forgets it as soon as there is something", () =>
    Effect.gen(function* () {
      const signal = makeSignal()
      let there = 0
      let looks = 0
      let taken = 0
      const stream = signal.stream(
        () => {
          looks += 1
          return there > 0
        },
        () => {
          taken += 1
          return Option.some(Chunk.of(there))
        }
      )
      const reader = yield* Effect.fork(Stream.runDrain(stream))
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(reader)
      there = 1
      signal.changed()
      signal.changed()
      yield* Effect.yieldNow()
      assert.deepStrictEqual([looks, taken], [2, 0])
      assert.deepStrictEqual(Option.map(yield* Stream.runHead(stream), Number), Option.some(1))
    })
  )
})

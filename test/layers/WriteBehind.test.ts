/** What waits for a disk. */
import { assert, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { describe } from "vitest"
import { encodeShown } from "../../layers/log/JournalReader.ts"
import * as WriteBehind from "../../layers/log/WriteBehind.ts"
import { LogUnavailable } from "../../src/domain/Errors.ts"
import { bytesOf, textOf } from "../support/bytes.ts"

const full = new LogUnavailable({ path: "log", detail: "no space left" })

const letOthersRun = Effect.repeatN(Effect.yieldNow(), 20)

/** A queue before a disk that does what the test lets it do, and what was settled, in that order. */
const world = Effect.gen(function* () {
  const calls: Array<{ readonly text: string; readonly end: Deferred.Deferred<void, LogUnavailable> }> = []
  const call = (kind: string, blocks: ReadonlyArray<Uint8Array>) =>
    Effect.flatMap(Deferred.make<void, LogUnavailable>(), (end) => {
      calls.push({ text: `${kind} ${blocks.map(textOf).join("")}`, end })
      return Deferred.await(end)
    })
  const scope = yield* Scope.make()
  const queue = yield* Scope.extend(
    WriteBehind.make({
      write: (blocks, durably) => call(durably ? "sync" : "write", blocks),
      replace: (blocks) => call("replace", blocks)
    }),
    scope
  )
  const settled: Array<string> = []
  const settle = (text: string) => (failure?: LogUnavailable) =>
    void settled.push(failure === undefined ? text : `${text} failed`)
  return {
    queue,
    scope,
    settled,
    texts: () => calls.map(({ text }) => text),
    append: (text: string, durably = false) =>
      queue.append([bytesOf(text)], durably, { count: 0, isNews: false }, settle(text)),
    replace: (text: string) => queue.replace([bytesOf(text)], 0, settle(text)),
    end: (at: number, exit: Exit.Exit<void, LogUnavailable> = Exit.void) =>
      Effect.zipRight(Deferred.done(calls[at]?.end as Deferred.Deferred<void, LogUnavailable>, exit), letOthersRun)
  }
})

describe("WriteBehind", () => {
  it.effect("joins what comes during a write, and settles everything in the order of the calls", () =>
    Effect.gen(function* () {
      const { append, end, settled, texts } = yield* world
      append("a")
      yield* letOthersRun
      for (const text of ["b", "c"]) append(text)
      append("d", true)
      yield* letOthersRun
      assert.deepStrictEqual([texts(), settled], [["write a"], []])
      yield* end(0)
      assert.deepStrictEqual([texts(), settled], [["write a", "sync bcd"], ["a"]])
      yield* end(1)
      assert.deepStrictEqual(settled, ["a", "b", "c", "d"])
    })
  )

  it.effect("replaces after what came before, and before what comes after", () =>
    Effect.gen(function* () {
      const { append, end, replace, settled, texts } = yield* world
      append("a")
      replace("new")
      append("b")
      yield* letOthersRun
      for (const at of [0, 1, 2]) yield* end(at)
      assert.deepStrictEqual(
        texts().map((text) => text.split("{")[0]),
        ["write a", "replace new", "write b"]
      )
      assert.deepStrictEqual(settled, ["a", "new", "b"])
    })
  )

  it.effect("a write that fails fails what was in it, and the next goes on", () =>
    Effect.gen(function* () {
      const { append, end, settled } = yield* world
      append("a")
      yield* letOthersRun
      append("b")
      yield* end(0, Exit.fail(full))
      yield* end(1)
      assert.deepStrictEqual(settled, ["a failed", "b"])
    })
  )

  it.effect("says again how far the screen is after a write that failed, since that may have said it", () =>
    Effect.gen(function* () {
      const { end, queue, texts } = yield* world
      const hand = (text: string, isNews: boolean) =>
        queue.append([bytesOf(text)], false, { count: 7, isNews }, () => {})
      const mark = textOf(encodeShown(7))
      hand("a", true)
      yield* letOthersRun
      for (const text of ["b", "c"]) hand(text, false)
      yield* end(0, Exit.fail(full))
      hand("d", false)
      yield* end(1)
      assert.deepStrictEqual(texts(), [`write ${mark}a`, `write ${mark}bc`, "write d"])
    })
  )

  it.effect("has no room while more waits than its bound, and then has", () =>
    Effect.gen(function* () {
      const { append, end, queue } = yield* world
      append("x".repeat(WriteBehind.mostWaiting - 1))
      assert.isTrue(queue.hasRoom())
      append("y")
      assert.isFalse(queue.hasRoom())
      const waits = yield* Effect.fork(queue.room)
      yield* letOthersRun
      assert.isNull(yield* Fiber.poll(waits).pipe(Effect.map((exit) => (exit._tag === "None" ? null : exit))))
      yield* end(0)
      yield* Fiber.join(waits)
      assert.isTrue(queue.hasRoom())
    })
  )

  it.effect("writes everything before it closes, but does not wait for a stuck disk for ever", () =>
    Effect.gen(function* () {
      const first = yield* world
      first.append("a")
      yield* letOthersRun
      first.append("b")
      const closing = yield* Effect.fork(Scope.close(first.scope, Exit.void))
      yield* letOthersRun
      yield* first.end(0)
      yield* first.end(1)
      yield* Fiber.join(closing)
      assert.deepStrictEqual(first.settled, ["a", "b"])

      const stuck = yield* world
      stuck.append("a")
      const leaving = yield* Effect.fork(Scope.close(stuck.scope, Exit.void))
      yield* letOthersRun
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(leaving)
      assert.deepStrictEqual(stuck.settled, [])
    })
  )
})

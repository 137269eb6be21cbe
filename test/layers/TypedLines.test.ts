import { PassThrough } from "node:stream"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as PipedInput from "../../layers/console/PipedInput.ts"
import { makeTypedLines, type TypedLines } from "../../layers/console/TypedLines.ts"

const letOthersRun = Effect.repeatN(Effect.yieldNow(), 20)

/** Types a line as a console does. */
const type = (typed: TypedLines, ...texts: ReadonlyArray<string>): void => {
  if (!typed.offered(texts)) typed.add(texts.map((text) => ({ text })))
}

/** Reads lines on and on. `handle` is what is done with each chunk of them. */
const readOn = (typed: TypedLines, handle: (texts: ReadonlyArray<string>) => Effect.Effect<void>) =>
  Effect.fork(Stream.runForEachChunk(typed.lines, (lines) => handle(Array.from(lines, ({ text }) => text))))

describe("typed lines", () => {
  it.effect("are offered at once while the reader waits, and read if they are not taken", () =>
    Effect.gen(function* () {
      const typed = makeTypedLines()
      const seen: Array<string> = []
      const off = typed.offer((texts) => {
        if (texts.includes("/who")) return false
        seen.push(...texts.map((text) => `taken ${text}`))
        return true
      })
      type(typed, "early")
      const reading = yield* readOn(typed, (texts) =>
        Effect.sync(() => seen.push(...texts.map((text) => `read ${text}`)))
      )
      yield* letOthersRun
      type(typed, "a", "b")
      type(typed, "/who")
      yield* letOthersRun
      type(typed, "c")
      off()
      type(typed, "d")
      typed.end()
      yield* Fiber.join(reading)
      assert.deepStrictEqual(seen, ["read early", "taken a", "taken b", "read /who", "taken c", "read d"])
    })
  )

  it.effect("never overtake what came before: lines that wait, and lines that are still being handled", () =>
    Effect.gen(function* () {
      const typed = makeTypedLines()
      const gate = yield* Deferred.make<void>()
      const seen: Array<string> = []
      typed.offer((texts) => {
        if (texts.includes("slow")) return false
        seen.push(...texts)
        return true
      })
      const reading = yield* readOn(typed, (texts) =>
        Effect.zipRight(
          Deferred.await(gate),
          Effect.sync(() => seen.push(...texts))
        )
      )
      yield* letOthersRun
      type(typed, "slow")
      type(typed, "waits")
      yield* letOthersRun
      type(typed, "waits too")
      assert.deepStrictEqual(seen, [])
      yield* Deferred.succeed(gate, undefined)
      yield* letOthersRun
      type(typed, "at once")
      assert.deepStrictEqual(seen, ["slow", "waits", "waits too", "at once"])
      yield* Fiber.interrupt(reading)
    })
  )

  it.effect("wait for the next reader when there is none, and are not offered after the end", () =>
    Effect.gen(function* () {
      const typed = makeTypedLines()
      const taken: Array<string> = []
      const off = typed.offer((texts) => taken.push(...texts) > 0)
      const first = yield* readOn(typed, () => Effect.void)
      yield* letOthersRun
      yield* Fiber.interrupt(first)
      off()
      type(typed, "between")
      typed.offer((texts) => taken.push(...texts) > 0)
      type(typed, "behind it")
      const read: Array<string> = []
      const second = yield* readOn(typed, (texts) => Effect.sync(() => read.push(...texts)))
      yield* letOthersRun
      typed.end()
      yield* Fiber.join(second)
      type(typed, "too late")
      assert.deepStrictEqual([taken, read], [[], ["between", "behind it"]])
    })
  )
})

describe("a pipe", () => {
  it.scopedLive("offers whole lines in the call in which they come; what has a problem is read", () =>
    Effect.gen(function* () {
      const pipe = new PassThrough()
      const input = yield* PipedInput.make(pipe, yield* Deferred.make<void>(), 16)
      const seen: Array<string> = []
      input.offer((texts) => seen.push(`taken ${texts.join(" ")}`) > 0)
      const reading = yield* Effect.fork(
        Stream.runForEach(input.lines, ({ text, trouble }) =>
          Effect.sync(() => seen.push(trouble === undefined ? `read ${text}` : "trouble"))
        )
      )
      yield* letOthersRun
      pipe.emit("data", Buffer.from("a\nb\r\nc"))
      assert.deepStrictEqual(seen, ["taken a b"])
      pipe.emit("data", Buffer.from(`\n${"x".repeat(17)}`))
      yield* letOthersRun
      pipe.emit("data", Buffer.from("x\nd\n"))
      pipe.emit("data", Buffer.from("last"))
      pipe.end()
      yield* Fiber.join(reading)
      assert.deepStrictEqual(seen, ["taken a b", "read c", "trouble", "taken d", "read last"])
    })
  )

  it.scopedLive("lets others run after 64 KiB that were taken at once", () =>
    Effect.gen(function* () {
      const pipe = new PassThrough()
      const input = yield* PipedInput.make(pipe, yield* Deferred.make<void>())
      let taken = 0
      input.offer((texts) => {
        taken += texts.length
        return true
      })
      yield* Effect.fork(Stream.runDrain(input.lines))
      yield* letOthersRun
      pipe.emit("data", Buffer.from(`${"x".repeat(40_000)}\n`))
      assert.isFalse(pipe.isPaused())
      pipe.emit("data", Buffer.from(`${"x".repeat(40_000)}\n`))
      assert.deepStrictEqual([taken, pipe.isPaused()], [2, true])
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      assert.isFalse(pipe.isPaused())
    })
  )
})

/** What asks this process to end, and how often. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as ProcessInterrupts from "../../layers/ProcessInterrupts.ts"
import { Interrupts, type Wish } from "../../services/Interrupts.ts"

/** Interrupts of this process as long as the test runs; its signals are made up. */
const interrupts = Effect.gen(function* () {
  const made = ProcessInterrupts.make()
  const before = process.listeners("SIGINT")
  const beforeTerm = process.listeners("SIGTERM")
  yield* Effect.acquireRelease(
    Effect.sync(() => made.watch({ interrupt: () => {}, abandon: () => {} })),
    () =>
      Effect.sync(() => {
        for (const each of process.listeners("SIGINT")) if (!before.includes(each)) process.off("SIGINT", each)
        for (const each of process.listeners("SIGTERM")) if (!beforeTerm.includes(each)) process.off("SIGTERM", each)
      })
  )
  return yield* Effect.provide(Interrupts, made.layer)
})

const next = ({ next }: Interrupts["Type"]) => Effect.timeoutOption(next, "10 millis")
const signalled = (signal: "SIGINT" | "SIGTERM") => Effect.sync(() => process.emit(signal))

/** Everything that asked for the end, once that has run while somebody listened. */
const heard = (asking: (service: Interrupts["Type"]) => Effect.Effect<unknown>) =>
  Effect.gen(function* () {
    const service = yield* interrupts
    yield* next(service)
    yield* asking(service)
    const wishes: Array<Wish> = []
    for (let wish = yield* next(service); wish._tag === "Some"; wish = yield* next(service)) wishes.push(wish.value)
    return wishes
  })

describe("what asks a process to end", () => {
  it.scopedLive(
    "counts each time if it is a key, however soon it comes again, and whether or not anybody listens",
    () =>
      Effect.gen(function* () {
        const pressed = yield* heard(({ press }) => Effect.sync(() => [press(), press()]))
        assert.deepStrictEqual(pressed, ["key", "key"])
      })
  )

  it.scopedLive("is one wish if it is a signal that is sent twice, by a shell and by a program", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* heard(() => Effect.all([signalled("SIGINT"), signalled("SIGTERM")])), ["signal"])
    })
  )

  it.scopedLive("is another wish if it is a key besides a signal", () =>
    Effect.gen(function* () {
      const asked = yield* heard(({ press }) => Effect.zipLeft(signalled("SIGINT"), Effect.sync(press)))
      assert.deepStrictEqual(asked, ["signal", "key"])
    })
  )
})

/** What asks this process to end, and how often. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as ProcessInterrupts from "../../layers/ProcessInterrupts.ts"
import { Interrupts, type Wish } from "../../services/Interrupts.ts"

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const

/** Interrupts of this process as long as the test runs; its signals are made up. */
const interrupts = (hasTerminal: boolean) =>
  Effect.gen(function* () {
    const made = ProcessInterrupts.make(hasTerminal)
    const before = signals.map((signal) => process.listeners(signal))
    yield* Effect.acquireRelease(
      Effect.sync(() => made.watch({ interrupt: () => {}, abandon: () => {} })),
      () =>
        Effect.sync(() => {
          for (const [index, signal] of signals.entries())
            for (const each of process.listeners(signal)) if (!before[index]?.includes(each)) process.off(signal, each)
        })
    )
    return yield* Effect.provide(Interrupts, made.layer)
  })

const next = ({ next }: Interrupts["Type"]) => Effect.timeoutOption(next, "10 millis")
const signalled = (signal: (typeof signals)[number]) => Effect.sync(() => process.emit(signal))

/** Everything that asked for the end, once that has run while somebody listened. */
const heard = (asking: (service: Interrupts["Type"]) => Effect.Effect<unknown>, hasTerminal = true) =>
  Effect.gen(function* () {
    const service = yield* interrupts(hasTerminal)
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

  it.scopedLive("is a terminal that hangs up; without a terminal that signal means nothing, as nohup wants it", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* heard(() => signalled("SIGHUP")), ["signal"])
      assert.deepStrictEqual(yield* heard(() => signalled("SIGHUP"), false), [])
    })
  )
})

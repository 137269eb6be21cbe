/** What holds of every Console at which typed lines are seen. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Console, type PendingLines, type Typed, whenTaken } from "../../services/Console.ts"
import type { ScreenLine } from "../../src/domain/ScreenLine.ts"

export interface Person {
  readonly layer: Layer.Layer<Console>
  /** Types a line, and Enter. */
  readonly types: (line: string) => Effect.Effect<void>
  /** Ends the input. */
  readonly ends: Effect.Effect<void>
  /** Returns as soon as the screen has these lines, pending ones included, and no others. */
  readonly sees: (...lines: ReadonlyArray<string>) => Effect.Effect<void>
}

/** Pending lines, for a test that waits until the screen has taken them. */
const waiting = ({ add, mark, settle, ...others }: PendingLines) => ({
  ...others,
  add: (line: Typed) => Effect.sync(() => add(line)),
  mark: whenTaken(mark),
  settle: whenTaken(settle)
})

const said = (text: string): ScreenLine => ({ _tag: "Chat", text })

/** `fresh`: a person at a console, another for each test. */
export const holdsFor = (fresh: () => Effect.Effect<Person>): void => {
  const holds = (
    name: string,
    test: (
      person: Person,
      console: Console["Type"],
      pending: ReturnType<typeof waiting>,
      take: (count: number) => Effect.Effect<ReadonlyArray<Typed>>
    ) => Effect.Effect<void>
  ) =>
    it.live(name, () =>
      Effect.gen(function* () {
        const person = yield* fresh()
        yield* Effect.gen(function* () {
          const console = yield* Console
          const pending = waiting(Option.getOrThrow(console.pending))
          const take = (count: number) =>
            Effect.map(Stream.runCollect(Stream.take(console.lines, count)), (all) => [...all])
          yield* test(person, console, pending, take)
        }).pipe(Effect.provide(person.layer), Effect.scoped)
      })
    )

  holds(
    "a line is pending from when it is typed, below all that is shown, until it is settled",
    (person, console, pending, take) =>
      Effect.gen(function* () {
        yield* person.types("hello")
        yield* person.sees("> hello")
        const typed = yield* take(1)
        assert.deepStrictEqual(
          typed.map(({ text }) => text),
          ["hello"]
        )
        yield* console.show([said("Client 2: one")])
        yield* person.sees("Client 2: one", "> hello")
        yield* pending.settle(typed)
        yield* console.show([said("Client 2: two"), said("Client 2: three")])
        yield* person.sees("Client 2: one", "> hello", "Client 2: two", "Client 2: three")
      })
  )

  holds("a marked line looks undelivered until it is settled", (person, _, pending, take) =>
    Effect.gen(function* () {
      yield* person.types("hello")
      const typed = yield* take(1)
      yield* pending.mark(typed)
      yield* person.sees("… hello")
      yield* pending.settle(typed)
      yield* person.sees("> hello")
    })
  )

  holds(
    "lines with the same text are two; lines are settled in the order that is asked for",
    (person, _, pending, take) =>
      Effect.gen(function* () {
        for (const line of ["same", "other", "same"]) yield* person.types(line)
        const [one, other, two] = yield* take(3)
        if (one === undefined || other === undefined || two === undefined) return assert.fail("a line is missing")
        yield* pending.mark([two])
        yield* person.sees("> same", "> other", "… same")
        yield* pending.settle([two, one])
        yield* person.sees("> same", "> same", "> other")
        // They are pending no more.
        yield* pending.mark([one, two])
        yield* pending.settle([one, two])
        yield* pending.drop([other])
        yield* person.sees("> same", "> same")
      })
  )

  holds("a reworded line says something else, pending and settled", (person, _, pending, take) =>
    Effect.gen(function* () {
      yield* person.types("/me waves")
      const typed = yield* take(1)
      for (const line of typed) yield* pending.reword(line, "Client 1 waves")
      yield* person.sees("> Client 1 waves")
      yield* pending.settle(typed)
      yield* person.sees("> Client 1 waves")
    })
  )

  holds("a line that was typed at another console is pending here too", (person, console, pending) =>
    Effect.gen(function* () {
      const elsewhere: Typed = { text: "hello" }
      yield* pending.add(elsewhere)
      yield* console.show([said("Client 2: one")])
      yield* person.sees("Client 2: one", "> hello")
      yield* pending.mark([elsewhere])
      yield* person.sees("Client 2: one", "… hello")
      yield* pending.settle([elsewhere])
      yield* person.sees("Client 2: one", "> hello")
    })
  )

  holds("lines end at the end of input", (person, console) =>
    Effect.gen(function* () {
      yield* person.types("last")
      yield* person.ends
      assert.deepStrictEqual(
        [...(yield* Stream.runCollect(console.lines))].map(({ text }) => text),
        ["last"]
      )
    })
  )
}

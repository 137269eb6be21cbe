import { assert, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { describe } from "vitest"
import * as TerminalConsole from "../../layers/console/TerminalConsole.ts"
import * as ScriptedInterrupts from "../../layers/ScriptedInterrupts.ts"
import { Console } from "../../services/Console.ts"
import { Interrupts } from "../../services/Interrupts.ts"
import { mainRoom } from "../../src/domain/Post.ts"
import type { ScreenLine } from "../../src/domain/ScreenLine.ts"
import * as FakeTerminal from "../support/FakeTerminal.ts"
import { id, post, stream } from "../support/samples.ts"
import * as ConsoleContract from "./ConsoleContract.ts"

const settings = { bell: true, colours: false, times: false }
const size = { columns: 60, rows: 12 }
const said = (text: string): ScreenLine => ({
  _tag: "Chat",
  text: `Client 2: ${text}`,
  // Later than now: it is shown as of now.
  post: { ...post(stream("2"), 1, text), at: Number.MAX_SAFE_INTEGER }
})

const isRows = (expected: ReadonlyArray<string>) => (rows: ReadonlyArray<string>) =>
  rows.join("\n") === expected.join("\n")

const open = () => {
  const fake = FakeTerminal.make(size)
  const interrupts = ScriptedInterrupts.make()
  const layer = Layer.provideMerge(TerminalConsole.at(settings, fake.terminal), interrupts.layer)
  /** Returns as soon as the screen has these rows, with what is being typed below them. */
  const sees = (lines: ReadonlyArray<string>, typed = "") => fake.shows(isRows([...lines, `> ${typed}`.trimEnd()]))
  return { ...fake, layer, sees }
}

/** A test at a terminal whose console ends with it. */
const story = (
  name: string,
  tell: (person: ReturnType<typeof open>, console: Console["Type"]) => Effect.Effect<void, never, Interrupts>
) =>
  it.live(name, () => {
    const person = open()
    return Effect.flatMap(Console, (console) => tell(person, console)).pipe(Effect.provide(person.layer))
  })

const status = {
  self: id("1"),
  server: { _tag: "Up" },
  connected: 1,
  known: 2,
  room: mainRoom,
  rooms: []
} as const

describe("TerminalConsole", () => {
  ConsoleContract.holdsFor(() =>
    Effect.sync(() => {
      const { hangUp, layer, sees, types } = open()
      return {
        layer,
        types: (line) => types(`${line}\r`),
        ends: hangUp,
        sees: (...lines) => sees(lines)
      }
    })
  )

  story("what comes in is shown above half a line, which goes on", ({ sees, types }, console) =>
    Effect.gen(function* () {
      yield* types("half a li")
      yield* console.show([said("one"), said("two")])
      yield* sees(["Client 2: one", "Client 2: two"], "half a li")
      yield* types("ne\r")
      yield* sees(["Client 2: one", "Client 2: two", "> half a line"])
    })
  )

  story(
    "what could not be said is given back to be edited, unless something is being typed",
    ({ sees, types }, console) =>
      Effect.gen(function* () {
        const { giveBack } = Option.getOrThrow(console.pending)
        yield* types("one\rtwo\r")
        const [one, two] = yield* Stream.runCollect(Stream.take(console.lines, 2))
        if (one === undefined || two === undefined) return assert.fail("a line is missing")
        yield* giveBack([one])
        yield* sees(["> two"], "one")
        yield* giveBack([two])
        yield* sees([], "one")
      })
  )

  story("the status and the vocabulary are the program's", ({ sees, types }, console) =>
    Effect.gen(function* () {
      const { completeFrom, showStatus } = Option.getOrThrow(console.prompt)
      yield* showStatus(status)
      yield* sees(["── 1 · server up · 1 of 2 peers"])
      yield* completeFrom({ commands: [], ids: () => [id("anna")], rooms: () => [] })
      yield* types("an\t")
      yield* sees(["── 1 · server up · 1 of 2 peers"], "anna:")
    })
  )

  story("a resized terminal has nothing twice", ({ resize, sees, shows, types }, console) =>
    Effect.gen(function* () {
      const pending = "a pending line that is longer than thirty columns"
      const typed = "a line that is longer than a narrow terminal is wide"
      yield* console.show([said("one")])
      yield* types(`${pending}\r${typed}`)
      yield* sees(["Client 2: one", `> ${pending}`], typed)
      yield* resize({ columns: 30, rows: 12 })
      yield* shows(
        isRows([
          "Client 2: one",
          "> a pending line that is longe",
          "  r than thirty columns",
          "> a line that is longer than a",
          "   narrow terminal is wide"
        ])
      )
      yield* resize(size)
      yield* sees(["Client 2: one", `> ${pending}`], typed)
    })
  )

  story(
    "reading back covers the screen; what comes meanwhile is shown after that",
    ({ rows, sees, shows, types }, console) =>
      Effect.gen(function* () {
        const before = Array.from({ length: 30 }, (_, index) => said(`${index}`))
        yield* console.show(before)
        yield* types("\u001b[5~")
        yield* shows((all) => all.at(-1)?.startsWith("── 10 rows below") === true)
        yield* console.show([said("meanwhile")])
        yield* shows((all) => all.at(-1)?.includes("1 new line") === true)
        assert.notInclude(rows(), "Client 2: meanwhile")
        yield* types("q")
        yield* sees([...before.map(({ text }) => text), "Client 2: meanwhile"])
      })
  )

  story("Ctrl-C interrupts the program; after the end of input nothing else is obeyed", ({ sees, types }, console) =>
    Effect.gen(function* () {
      const { next } = yield* Interrupts
      yield* types("\u0004")
      yield* Stream.runDrain(console.lines)
      yield* types("x\r")
      yield* types("\u0003")
      assert.strictEqual(yield* next, "key")
      yield* console.show([said("one")])
      yield* sees(["Client 2: one"])
    })
  )

  it.live("the terminal is as it was when the console ends, and what nobody has stays on it", () =>
    Effect.gen(function* () {
      const { isRaw, layer, shows, types, written } = open()
      const begun = yield* Deferred.make<void>()
      const running = yield* Effect.fork(
        Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never).pipe(Effect.provide(layer))
      )
      yield* Deferred.await(begun)
      assert.isTrue(isRaw())
      assert.include(written(), "\u001b[?2004h")
      yield* types("hello\rhalf")
      yield* shows(isRows(["> hello", "> half"]))
      yield* Fiber.interrupt(running)
      yield* shows(isRows(["> hello"]))
      assert.isFalse(isRaw())
    })
  )

  story("a screen that is gone ends the lines, and holds up nobody", ({ breaks }, console) =>
    Effect.gen(function* () {
      yield* breaks
      yield* Stream.runDrain(console.lines)
      yield* console.show([said("one")])
      assert.isTrue(console.isGone())
    })
  )
})

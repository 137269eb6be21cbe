import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { describe } from "vitest"
import * as PlainConsole from "../../layers/console/PlainConsole.ts"
import * as ScriptedInterrupts from "../../layers/ScriptedInterrupts.ts"
import { Console } from "../../services/Console.ts"
import type { ScreenLine } from "../../src/domain/ScreenLine.ts"
import * as FakeTerminal from "../support/FakeTerminal.ts"
import { post as samplePost, stream } from "../support/samples.ts"

const said = (text: string): ScreenLine => ({ _tag: "Chat", text: `Client 2: ${text}` })

const story = (
  name: string,
  tell: (person: FakeTerminal.FakeTerminal, console: Console["Type"]) => Effect.Effect<void>
) =>
  it.live(name, () => {
    const person = FakeTerminal.make({ columns: 60, rows: 12 })
    const layer = Layer.provide(PlainConsole.at(person.terminal), ScriptedInterrupts.make().layer)
    return Effect.flatMap(Console, (console) => tell(person, console)).pipe(Effect.provide(layer))
  })

const sees = (person: FakeTerminal.FakeTerminal, ...rows: ReadonlyArray<string>) =>
  person.shows((shown) => shown.join("\n") === rows.join("\n"))

describe("PlainConsole", () => {
  story("what comes while something is typed stands below it, with what is typed once more", (person, console) =>
    Effect.gen(function* () {
      yield* console.show([said("one")])
      yield* person.types("half a li")
      yield* sees(person, "Client 2: one", "half a li")
      yield* console.show([said("two")])
      yield* sees(person, "Client 2: one", "half a li", "Client 2: two", "half a li")
      yield* person.types("ne\r")
      yield* sees(person, "Client 2: one", "half a li", "Client 2: two", "half a line")
      const [line] = yield* Stream.runCollect(Stream.take(console.lines, 1))
      assert.strictEqual(line?.text, "half a line")
    })
  )

  story(
    "a long line is set in, whatever blanks it has, and what is said looks different from what happens",
    (person, console) =>
      Effect.gen(function* () {
        const brb = `brb${"\u3000".repeat(22)}`
        const post = { ...samplePost(stream("2"), 1, "initiated"), at: 0 }
        yield* console.show([
          said(`${brb}   Server: terminated.`),
          { _tag: "Chat", text: "Client 2: initiated", post },
          { _tag: "Chat", text: "Client 2: initiated" }
        ])
        yield* sees(person, "Client 2: brb", "  Server: terminated.", 'Client 2: "initiated"', "Client 2: initiated")
      })
  )

  story("keys that would move the cursor back ring; what is erased is erased letter by letter", (person) =>
    Effect.gen(function* () {
      yield* person.types("one two\u001b[D\u001b[5~\u0001")
      yield* sees(person, "one two")
      yield* person.types("\u007f\u007f\u007f")
      yield* sees(person, "one")
      const written = person.written()
      assert.strictEqual(written.split("\u0007").length, 4)
      assert.strictEqual(written.lastIndexOf("\u001b"), written.indexOf("\u001b[?2004h"))
    })
  )

  story("more than 100 pasted lines are asked about", (person, console) =>
    Effect.gen(function* () {
      const lines = Array.from({ length: 101 }, (_, index) => `${index}`).join("\r")
      yield* person.types(`\u001b[200~${lines}\u001b[201~\r`)
      yield* person.shows((rows) => rows.at(-1) === "* 101 lines in one message: Enter again sends it.")
      yield* person.types("\r")
      const [line] = yield* Stream.runCollect(Stream.take(console.lines, 1))
      assert.strictEqual(line?.text, lines.replaceAll("\r", "\n"))
    })
  )
})

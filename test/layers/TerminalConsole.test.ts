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
import { Console, type Typed } from "../../services/Console.ts"
import { Interrupts } from "../../services/Interrupts.ts"
import { mainRoom, Room, type StreamId, streamOf } from "../../src/domain/Post.ts"
import { notice, type ScreenLine } from "../../src/domain/ScreenLine.ts"
import * as FakeTerminal from "../support/FakeTerminal.ts"
import { epoch, id, post, stream } from "../support/samples.ts"
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

/**
 * A session in these rooms. It comes to what is typed once `begins` is done. `said`: what it has said, and where. What
 * it says stays pending.
 */
const sessionAt = (console: Console["Type"], rooms: ReadonlyArray<string>, begins: Effect.Effect<void> = Effect.void) =>
  Effect.gen(function* () {
    const { place, settle } = Option.getOrThrow(console.pending)
    const { showStatus } = Option.getOrThrow(console.prompt)
    const said: Array<string> = []
    let room = mainRoom
    const goTo = (to: Room) => {
      room = to
      showStatus({ ...status, room, rooms: rooms.map((each) => ({ room: each as Room, lines: 0, mentions: 0 })) })
    }
    const handle = (line: Typed) => {
      const to = /^\/go (\S+)$/.exec(line.text)?.[1]
      if (to === undefined) {
        said.push(`${line.room ?? room}: ${line.text}`)
        return place([{ line, post: post(stream("1"), 1) }], line.room ?? room)
      }
      // A command with a room would run as if the session spoke there.
      assert.isUndefined(line.room)
      if (rooms.includes(to)) goTo(to as Room)
      settle([line], () => {})
    }
    goTo(mainRoom)
    yield* Effect.forkScoped(
      Effect.zipRight(
        begins,
        Stream.runForEach(console.lines, (line) => Effect.sync(() => handle(line)))
      )
    )
    return { said, goTo }
  })

const statusText = "── 1 · server up · 1 of 2 peers"

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
      showStatus(status)
      yield* sees(["── 1 · server up · 1 of 2 peers"])
      yield* completeFrom({
        commands: [
          { name: "send", elsewhere: [], help: "", parameters: [{ name: "FILE", optional: false, kind: "paths" }] }
        ],
        ids: () => [id("anna")],
        rooms: () => [],
        conversations: () => [],
        offers: Effect.succeed([]),
        listed: ({ beginning, folder }) =>
          Effect.delay(
            Effect.succeed(
              ["a.txt", "ab.txt"].flatMap((name) =>
                folder === "/" && name.startsWith(beginning) ? [{ name, isFolder: false }] : []
              )
            ),
            20
          )
      })
      yield* types("an\t")
      yield* sees(["── 1 · server up · 1 of 2 peers"], "anna:")
      // A path is looked up, which takes a moment. If something is typed meanwhile, nothing is completed.
      yield* types("\u0015/send /\tz")
      yield* Effect.sleep(40)
      yield* types("\u007f\t")
      yield* sees(["── a.txt  ab.txt"], "/send /a")
      yield* types("b\t")
      yield* sees(["── 1 · server up · 1 of 2 peers"], "/send /ab.txt")
      yield* types(" an\t")
      yield* sees(["── 1 · server up · 1 of 2 peers"], "/send /ab.txt  @anna")
    })
  )

  story("how far files are stands above the status, and is gone when they are here", ({ sees, types }, console) =>
    Effect.gen(function* () {
      const { showProgress, showStatus } = Option.getOrThrow(console.prompt)
      showStatus(status)
      const iso = { name: "debian-12.iso", bytes: 42, of: 100, rate: 1_500, from: 1 }
      const words = "── 1 · server up · 1 of 2 peers"
      yield* types("half")
      showProgress([iso])
      yield* sees(["── debian-12.iso · 42 % · 1.5 kB/s · 1 s left · from 1 peer", words], "half")
      yield* console.show([said("hello")])
      showProgress([iso, { ...iso, bytes: 44 }])
      yield* sees(["Client 2: hello", "── 2 files · 43 % · 3.0 kB/s · 1 s left", words], "half")
      showProgress([])
      yield* sees(["Client 2: hello", words], "half")
    })
  )

  story(
    "a key goes to another room, which has a draft of its own; a typed line keeps its prompt",
    ({ shows, types }, console) =>
      Effect.gen(function* () {
        const { said } = yield* sessionAt(console, ["main", "ops", "dev"])
        yield* types("half")
        yield* types("\u001b2one\rhalf of two")
        yield* shows(isRows(["#ops> one", statusText, "#ops> half of two"]))
        yield* types("\u000e")
        yield* shows(isRows(["#ops> one", statusText, "#dev>"]))
        yield* types("three\r\u001b1")
        yield* shows(isRows(["#ops> one", "#dev> three", statusText, "> half"]))
        yield* types("\u0010\u0010")
        yield* shows(isRows(["#ops> one", "#dev> three", statusText, "#ops> half of two"]))
        assert.deepStrictEqual(said, ["ops: one", "dev: three"])
      }).pipe(Effect.scoped)
  )

  story(
    "a session that is behind says each line where it was typed, and takes no prompt back",
    ({ shows, types }, console) =>
      Effect.gen(function* () {
        const begins = yield* Deferred.make<void>()
        const { said } = yield* sessionAt(console, ["main", "ops", "dev"], Deferred.await(begins))
        yield* types("one\r\u001b2two\r\u001b3three\r\u001b2")
        const pending = ["> one", "#ops> two", "#dev> three", statusText, "#ops>"]
        yield* shows(isRows(pending))
        yield* Deferred.succeed(begins, undefined)
        yield* types("x")
        yield* shows(isRows([...pending.slice(0, -1), "#ops> x"]))
        assert.deepStrictEqual(said, ["main: one", "ops: two", "dev: three"])
      }).pipe(Effect.scoped)
  )

  story(
    "what is typed behind a command goes where the command leads, also the half of a line",
    ({ shows, types }, console) =>
      Effect.gen(function* () {
        const begins = yield* Deferred.make<void>()
        const { said } = yield* sessionAt(console, ["main", "ops"], Deferred.await(begins))
        yield* types("/go ops\rone\rhalf")
        yield* shows(isRows(["> /go ops", "> one", statusText, "> half"]))
        yield* Deferred.succeed(begins, undefined)
        yield* shows(isRows(["> /go ops", "#ops> one", statusText, "#ops> half"]))
        yield* types("\u001b1")
        yield* shows(isRows(["> /go ops", "#ops> one", statusText, ">"]))
        assert.deepStrictEqual(said, ["ops: one"])
      }).pipe(Effect.scoped)
  )

  story("what is typed in a room that is left goes to no other room", ({ shows, types }, console) =>
    Effect.gen(function* () {
      const { goTo } = yield* sessionAt(console, ["main", "ops"])
      yield* types("\u001b2secret")
      yield* shows(isRows([statusText, "#ops> secret"]))
      goTo(mainRoom)
      yield* shows(isRows([statusText, ">"]))
      yield* types("\u001b2")
      yield* shows(isRows([statusText, "#ops> secret"]))
    }).pipe(Effect.scoped)
  )

  story("who is called in another room is told which one", ({ sees, written }, console) =>
    Effect.gen(function* () {
      yield* sessionAt(console, ["main", "ops"])
      const line = said("@1 look")
      const inOps = {
        ...post(streamOf(id("2"), Room.make("ops"), epoch(1)), 1, "@1 look"),
        at: Number.MAX_SAFE_INTEGER
      }
      yield* console.show([{ ...line, text: `#ops ${line.text}`, post: inOps }])
      yield* sees(["#ops Client 2: @1 look", statusText])
      assert.include(written(), ";Client 2 mentioned you in #ops\u0007")
      const alone = { ...post("3/@1/1-00000001" as StreamId, 1, "hello"), at: Number.MAX_SAFE_INTEGER }
      yield* console.show([{ _tag: "Chat", text: "(private) Client 3: hello", post: alone }])
      yield* sees(["#ops Client 2: @1 look", "(private) Client 3: hello", statusText])
      assert.include(written(), ";Client 3 wrote to you alone\u0007")
    }).pipe(Effect.scoped)
  )

  story(
    "with one room, its keys are of the history, and Alt with a number rings",
    ({ shows, types, written }, console) =>
      Effect.gen(function* () {
        yield* sessionAt(console, ["main"])
        yield* types("one\r\u0010")
        yield* shows(isRows(["> one", statusText, "> one"]))
        yield* types("\u001b2!")
        yield* shows(isRows(["> one", statusText, "> one!"]))
        assert.include(written(), "\u0007")
      }).pipe(Effect.scoped)
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

  story("below an answer that is longer than the screen it says how to read its beginning", ({ shows }, console) =>
    Effect.gen(function* () {
      const { showStatus } = Option.getOrThrow(console.prompt)
      showStatus(status)
      const answer = Array.from({ length: 11 }, (_, index) => notice(`answer ${index}`))
      yield* console.show(answer.slice(1))
      yield* shows(isRows([...answer.slice(1).map(({ text }) => text), statusText, ">"]))
      yield* console.show(answer)
      yield* shows((all) => isRows(["* answer 10", "── Page Up scrolls back ──", statusText, ">"])(all.slice(-4)))
      yield* console.show(answer.map(({ text }) => said(text)))
      yield* shows((all) => isRows(["Client 2: * answer 10", statusText, ">"])(all.slice(-3)))
    })
  )

  story(
    "Ctrl-L clears the screen; a terminal that then copies it to its scrollback copies nothing of what is typed",
    ({ sees, types, written }, console) =>
      Effect.gen(function* () {
        yield* console.show([said("one")])
        yield* types("half")
        yield* sees(["Client 2: one"], "half")
        yield* types("\u000c")
        yield* sees([], "half")
        const copied = FakeTerminal.make(size)
        copied.terminal.output.write(written().split("\u001b[H\u001b[2J")[0] ?? "")
        yield* copied.shows(isRows(["Client 2: one"]))
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

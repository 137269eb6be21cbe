/** Terminals, rendered: what comes in never disturbs what is being typed. */
import * as Fs from "node:fs"
import * as Net from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { hasTerminals } from "../support/terminal.ts"
import { type Actor, each, make, type Stage, wholeLines } from "./Stage.ts"

const ctrlC = "\u0003"
const backspace = "\u007f"

/** What its terminal shows, without the empty rows below. */
const whole = (actor: Actor) => actor.rendered.join("\n").trimEnd().split("\n")

/** That without what is told at a glance, and with lines whole that take several rows. */
const shown = (actor: Actor) => wholeLines(whole(actor).filter((row) => !row.startsWith("──")))

const column = (actor: Actor) => actor.terminal?.buffer.active.cursorX

/** Waits until its terminal ends in these lines. */
const endsIn = (stage: Stage, actor: Actor, ...lines: ReadonlyArray<string>) =>
  stage.until(
    () => `the terminal of ${actor.name} to end in\n${lines.join("\n")}\nand not in\n${shown(actor).join("\n")}\n`,
    () => lines.every((line, index) => shown(actor).at(index - lines.length) === line.trimEnd())
  )

/** A server and a client on pipes, and a client at a terminal, which leaves before the end. */
const seated = (
  act: (stage: Stage, server: Actor, one: Actor, two: Actor) => Effect.Effect<void, unknown>,
  args: ReadonlyArray<string> = []
) =>
  Effect.gen(function* () {
    const stage = yield* make
    const [port] = yield* stage.freePorts(1)
    const server = yield* stage.server(port)
    const [one, two] = (yield* stage.clients(2, server, port, (id) => (id === 2 ? { terminal: true, args } : {}))) as [
      Actor,
      Actor
    ]
    yield* endsIn(stage, two, "Client 2: initiated", "Client 1: initiated", ">")
    yield* act(stage, server, one, two)
    yield* each([one, server], (actor) => actor.types("Exit"))
    yield* stage.curtain
  })

/** Has somebody answer, who has seen that last line of its own: then it has scrolled up. */
const isAnswered = (stage: Stage, last: string, by: Actor, two: Actor, others: ReadonlyArray<Actor>) =>
  Effect.zipRight(stage.says(by, "seen", [by, two, ...others]), endsIn(stage, two, last, `${by.name}: seen`, ">"))

/** Ctrl-C clears what is being typed; then it leaves on Ctrl-C; what is left on its terminal is the chat. */
const leavesOnCtrlC = (others: ReadonlyArray<Actor>, two: Actor) =>
  Effect.gen(function* () {
    const chat = shown(two).slice(0, -1)
    yield* two.keys(`never sent${ctrlC}${ctrlC}`)
    yield* each(others, (other) => other.notices("* Client 2 left"))
    assert.strictEqual(yield* two.ends, 0)
    assert.deepStrictEqual(shown(two), chat)
    assert.strictEqual(column(two), 0)
  })

/** Listens at that port, and never says a word, until the scope closes. */
const mute = (port: number) =>
  Effect.acquireRelease(
    Effect.async<{ readonly close: () => void }>((resume) => {
      const sockets = new Set<Net.Socket>()
      const server = Net.createServer((socket) => sockets.add(socket.on("error", () => {})))
      const close = () => {
        server.close()
        for (const socket of sockets) socket.destroy()
      }
      server.listen({ host: "localhost", port }, () => resume(Effect.succeed({ close })))
    }),
    ({ close }) => Effect.sync(close)
  )

describe.skipIf(!hasTerminals)("at a terminal (skipped where there is no `script`)", () => {
  it.scopedLive("incoming lines stand above half a line, which stays as it was typed", () =>
    seated((stage, server, one, two) =>
      Effect.gen(function* () {
        yield* two.keys("half a lin")
        yield* endsIn(stage, two, "Client 1: initiated", "> half a lin")
        yield* stage.says(one, "hello", [server, one, two])
        yield* stage.says(server, "what's up?", [server, one, two])
        yield* endsIn(stage, two, "Client 1: initiated", "Client 1: hello", "Server: what's up?", "> half a lin")
        assert.strictEqual(column(two), "> half a lin".length)
        yield* two.keys(`${backspace}ne`)
        yield* endsIn(stage, two, "> half a line")
        yield* two.keys("\r")
        yield* each([server, one], (other) => other.sees("Client 2: half a line"))
        yield* endsIn(stage, two, "Server: what's up?", "> half a line", ">")
        yield* leavesOnCtrlC([server, one], two)
      })
    )
  )

  it.scopedLive("a typed line that wraps over two rows stays whole, whatever comes in, and however much", () =>
    seated((stage, server, one, two) =>
      Effect.gen(function* () {
        const long = Array.from({ length: 20 }, (_, index) => `word${index}`).join(" ")
        assert.isAbove(long.length, 80)
        yield* two.keys(long)
        yield* endsIn(stage, two, "Client 1: initiated", `> ${long}`)
        yield* stage.says(one, "short", [server, one, two])
        yield* endsIn(stage, two, "Client 1: initiated", "Client 1: short", `> ${long}`)
        const wide = "wide ".repeat(50).trimEnd()
        yield* stage.says(one, wide, [server, one, two])
        yield* endsIn(stage, two, "Client 1: short", `Client 1: ${wide}`, `> ${long}`)
        // More than the screen is high: what was typed goes on standing below.
        const many = Array.from({ length: 40 }, (_, index) => `line ${index}`)
        yield* one.types(...many)
        yield* each([server, two], (other) => other.sees(...many.map((line) => `Client 1: ${line}`)))
        yield* endsIn(stage, two, `Client 1: ${wide}`, ...many.map((line) => `Client 1: ${line}`), `> ${long}`)
        yield* two.keys(" and an end\r")
        yield* each([server, one], (other) => other.sees(`Client 2: ${long} and an end`))
        yield* endsIn(stage, two, "Client 1: line 39", `> ${long} and an end`, ">")
        yield* two.types("Exit")
        yield* each([server, one], (other) => other.notices("* Client 2 left"))
        assert.strictEqual(yield* two.ends, 0)
        assert.strictEqual(shown(two).at(-1), "> Exit")
        assert.strictEqual(column(two), 0)
      })
    )
  )

  it.scopedLive("notices stand there as well, and Ctrl-C while a wrapped line is typed leaves a tidy screen", () =>
    seated((stage, server, one, two) =>
      Effect.gen(function* () {
        yield* two.keys("x".repeat(100))
        yield* endsIn(stage, two, `> ${"x".repeat(100)}`)
        yield* server.gets("SIGKILL")
        const lost = "* Server is lost: the connection broke; the chat goes on without it"
        yield* each([one, two], (client) => client.notices(lost))
        yield* endsIn(stage, two, "Client 1: initiated", lost, `> ${"x".repeat(100)}`)
        yield* two.keys(ctrlC)
        yield* endsIn(stage, two, lost, ">")
        yield* two.keys(ctrlC)
        assert.strictEqual(yield* two.ends, 0)
        assert.deepStrictEqual(shown(two), ["Client 2: initiated", "Client 1: initiated", lost])
        assert.strictEqual(column(two), 0)
      })
    )
  )

  /** A client alone at its terminal, after a server was there. */
  const alone = (act: (stage: Stage, one: Actor, port: number) => Effect.Effect<void, unknown>) =>
    Effect.gen(function* () {
      const stage = yield* make
      const [port, listen] = yield* stage.freePorts(2)
      const server = yield* stage.server(port)
      const one = yield* stage.client("1", port, { terminal: true, listen: listen as number })
      yield* each([server, one], (actor) => actor.sees("Client 1: initiated"))
      yield* server.gets("SIGKILL")
      yield* one.notices(lost)
      yield* act(stage, one, listen as number)
      yield* stage.curtain
    })
  const lost = "* Server is lost: the connection broke; the chat goes on without it"

  it.scopedLive("what nobody has stands marked above half a line; when a peer comes it is shown once, in order", () =>
    alone((stage, one, listen) =>
      Effect.gen(function* () {
        yield* one.keys("first\r")
        yield* endsIn(stage, one, lost, "… first", ">")
        const wide = `wide ${"你好".repeat(40)} and so on`
        yield* one.keys(`${wide}\r`)
        yield* endsIn(stage, one, lost, "… first", `… ${wide}`, ">")
        const full = "x".repeat(78)
        yield* one.keys(`${full}\rhalf a lin`)
        yield* endsIn(stage, one, lost, "… first", `… ${wide}`, `… ${full}`, "> half a lin")
        assert.strictEqual(column(one), "> half a lin".length)
        const two = yield* stage.client("2", 1, { args: ["--peer", `localhost:${listen}`] })
        yield* each([one, two], (actor) => actor.sees("Client 2: initiated"))
        yield* two.sees("Client 1: initiated")
        const settled = [lost, "> first", `> ${wide}`, `> ${full}`, "Client 2: initiated"]
        yield* endsIn(stage, one, ...settled, "> half a lin")
        assert.strictEqual(column(one), "> half a lin".length)
        yield* one.keys(`${backspace}ne\r`)
        yield* two.sees("Client 1: half a line")
        yield* stage.says(two, "hello", [one, two])
        yield* two.types("Exit")
        yield* one.notices("* Client 2 left")
        yield* one.keys("Exit\r")
        yield* each([one, two], (actor) => actor.ends)
        const screen = shown(one)
        assert.deepStrictEqual(screen.slice(0, 6), ["Client 1: initiated", ...settled])
        assert.sameMembers(screen.slice(6), ["> half a line", "Client 2: hello", "* Client 2 left", "> Exit"])
        assert.strictEqual(screen.at(-1), "> Exit")
        assert.strictEqual(column(one), 0)
      })
    )
  )

  it.scopedLive(
    "notices stand above what nobody has, more than a few lines are counted, and on a narrower terminal all is as tidy",
    () =>
      alone((stage, one) =>
        Effect.gen(function* () {
          const lines = Array.from({ length: 8 }, (_, index) => `line ${index} ${"of many ".repeat(6)}ends`)
          yield* one.keys(`${lines.map((line) => `${line}\r`).join("")}half`)
          const live = ["… and 3 more above (/pending lists them)", ...lines.slice(3).map((line) => `… ${line}`)]
          yield* endsIn(stage, one, lost, ...live, "> half")
          yield* stage.until("all to be counted", () => /8 lines not yet delivered/.test(whole(one).join("\n")))
          for (const [index, columns] of [79, 50, 39, 120, 80].entries()) {
            yield* one.resizes(columns)
            // What is typed next is drawn after all that.
            yield* one.keys(`${index}`)
            yield* endsIn(stage, one, lost, ...live, `> half${"01234".slice(0, index + 1)}`)
          }
          yield* one.keys("\u0015/pending\r")
          const listed = lines.map((line) => `* not yet delivered: ${line}`)
          yield* endsIn(stage, one, lost, "> /pending", ...listed, ...live, ">")
          yield* one.keys(ctrlC)
          const isLost =
            "outlive: Your last 8 lines are lost: no peer received them. Wait longer with --within, or keep your log in a folder with --data."
          const leaving = yield* one.notices("* Leaving: no peer has your last 8 lines yet.")
          yield* one.keys(ctrlC)
          assert.strictEqual(yield* one.ends, 1)
          assert.deepStrictEqual(shown(one), [
            "Client 1: initiated",
            lost,
            "> /pending",
            ...listed,
            leaving,
            ...lines.map((line) => `… ${line}`),
            isLost
          ])
          yield* one.sees(isLost)
          assert.strictEqual(column(one), 0)
        })
      )
  )

  it.scopedLive("after a terminal was one column wide, nothing is left over of what was drawn before", () =>
    seated((stage, server, one, two) =>
      Effect.gen(function* () {
        const many = Array.from({ length: 40 }, (_, index) => `line ${index}`)
        yield* one.types(...many)
        yield* each([server, two], (other) => other.sees(...many.map((line) => `Client 1: ${line}`)))
        yield* two.keys("half")
        yield* endsIn(stage, two, "Client 1: line 39", "> half")
        for (const columns of [1, 80]) yield* two.resizes(columns)
        yield* two.keys("x")
        yield* endsIn(stage, two, ...many.slice(20).map((line) => `Client 1: ${line}`), "> halfx")
        const screen = whole(two).slice(-24)
        assert.lengthOf(
          screen.filter((row) => row.startsWith("──")),
          1
        )
        assert.strictEqual(screen[0], "Client 1: line 18")
        yield* two.keys("\u0003\u0004")
        yield* each([one, server], (other) => other.notices("* Client 2 left"))
        yield* two.ends
      })
    )
  )

  it.scopedLive("a server is talked to and told to Exit, and ends on Ctrl-C, which says goodbye", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const [port] = yield* stage.freePorts(1)
      for (const end of ["Exit\r", ctrlC]) {
        const server = yield* stage.server(port, [], { terminal: true })
        const clients = yield* stage.clients(2, server, port)
        yield* server.keys("every")
        yield* stage.everyoneTalks(clients, "hello")
        yield* each(clients, (client) => server.sees(`${client.name}: hello, says ${client.name}`))
        yield* server.keys("one there?\r")
        yield* each(clients, (client) => client.sees("Server: everyone there?"))
        yield* endsIn(stage, server, "> everyone there?", ">")
        yield* server.keys(end)
        yield* each(clients, (client) => client.sees("Server: terminated."))
        assert.strictEqual(yield* server.ends, 0)
        yield* each(clients, (client) => Effect.zipRight(client.types("Exit"), client.ends))
        yield* each(clients, (client) => Effect.sync(() => assert.strictEqual(client.ending, 0)))
      }
      assert.deepStrictEqual(stage.leftovers, [])
    })
  )

  it.scopedLive("typing while 1,000 lines come in loses nothing and garbles nothing", () =>
    seated((stage, server, one, two) =>
      Effect.gen(function* () {
        const lines = Array.from({ length: 1_000 }, (_, index) => `line ${index} ${"of text ".repeat(index % 20)}ends`)
        const text = "typed 你好 e\u0301 שלום 👍🏽 in between"
        const letters = [...text]
        for (const [index, letter] of letters.entries()) {
          const from = Math.floor((index * lines.length) / letters.length)
          yield* one.types(...lines.slice(from, Math.floor(((index + 1) * lines.length) / letters.length)))
          yield* two.keys(letter)
        }
        yield* two.sees(...lines.map((line) => `Client 1: ${line}`))
        yield* server.sees(...lines.map((line) => `Client 1: ${line}`))
        yield* endsIn(stage, two, ...lines.slice(-30).map((line) => `Client 1: ${line}`), `> ${text}`)
        yield* two.keys("\r")
        yield* each([one, server], (other) => other.sees(`Client 2: ${text}`))
        yield* endsIn(stage, two, `> ${text}`, ">")
        assert.deepStrictEqual(shown(two), [
          "Client 2: initiated",
          "Client 1: initiated",
          ...lines.map((line) => `Client 1: ${line}`),
          `> ${text}`,
          "> ".trimEnd()
        ])
        yield* two.types("Exit")
        assert.strictEqual(yield* two.ends, 0)
        yield* each([one, server], (other) => other.notices("* Client 2 left"))
      })
    )
  )

  it.scopedLive(
    "letters of any width are edited at 40 and at 200 columns, also when it changes in the middle of a word",
    () =>
      seated((stage, server, one, two) =>
        Effect.gen(function* () {
          const text = `${"你好".repeat(12)}e\u0301 שלום ${"👍".repeat(10)} עולם ${"x".repeat(30)}`
          yield* two.keys(text)
          yield* endsIn(stage, two, `> ${text}`)
          let typed = text
          for (const columns of [40, 200, 41, 80]) {
            yield* two.resizes(columns)
            yield* two.keys("y")
            typed += "y"
            yield* endsIn(stage, two, `> ${typed}`)
            yield* stage.says(one, `at ${columns} ${"宽".repeat(60)}`, [server, one, two])
            yield* endsIn(stage, two, `Client 1: at ${columns} ${"宽".repeat(60)}`, `> ${typed}`)
          }
          // To the first letter, over one, and one erased.
          yield* two.keys("\u0001\u001b[C\u001b[C\u007f")
          const edited = typed.slice(0, 1) + typed.slice(2)
          yield* endsIn(stage, two, `> ${edited}`)
          assert.strictEqual(column(two), "> 你".length + 1)
          yield* two.keys("\r")
          yield* each([one, server], (other) => other.sees(`Client 2: ${edited}`))
          yield* isAnswered(stage, `> ${edited}`, one, two, [server])
          assert.strictEqual(shown(two).filter((line) => line.startsWith("> ")).length, 1)
          yield* leavesOnCtrlC([one, server], two)
        })
      )
  )

  it.scopedLive("what is pasted is one message, shown as such; history, search and completion are there", () =>
    seated((stage, server, one, two) =>
      Effect.gen(function* () {
        yield* two.keys("\u001b[200~first\r\u001b[31m\tsecond 你\rthird\r\u001b[201~")
        yield* stage.until("the paste to be drawn", () =>
          whole(two).join("\n").endsWith("3 lines in one message\n> first\n  \\u{1b}[31m    second 你\n  third")
        )
        yield* two.keys("!\r")
        yield* each([one, server], (other) => other.sees("Client 2: first\\u{a}\\u{1b}[31m\\u{9}second 你\\u{a}third!"))
        // Up, and up again to its first line, which is left for what was said before.
        yield* two.keys("alpha\rbeta\r\u001b[A\u001b[A\r")
        yield* each([one, server], (other) => other.sees("Client 2: alpha", "Client 2: beta", "Client 2: alpha"))
        yield* two.keys("\u0012bet")
        yield* stage.until("the search to be drawn", () => whole(two).join("\n").endsWith("── search: bet\n> beta"))
        // The first Enter takes it, the second says it.
        yield* two.keys("\r\r")
        yield* each([one, server], (other) => other.sees("Client 2: beta"))
        yield* two.keys("Ser\t:rock\t\t @1\t!")
        yield* endsIn(stage, two, "> Server: 🚀 @1 !")
        yield* two.keys("\r")
        yield* each([one, server], (other) => other.sees("Client 2: Server: 🚀 @1 !"))
        yield* isAnswered(stage, "> Server: 🚀 @1 !", one, two, [server])
        yield* leavesOnCtrlC([one, server], two)
      })
    )
  )

  it.scopedLive("nothing that others say acts on the terminal; who is called by name hears a bell and is told", () =>
    seated(
      (stage, server, one, two) =>
        Effect.gen(function* () {
          const heard: Array<string> = []
          two.terminal?.onTitleChange((title) => heard.push(`title ${title}`))
          two.terminal?.onBell(() => heard.push("bell"))
          two.terminal?.parser.registerOscHandler(9, (text) => heard.push(text) > 0)
          two.terminal?.parser.registerOscHandler(52, (text) => heard.push(text) > 0)
          const evil = "\u001b]0;owned\u0007\u001b]52;c;AAAA\u0007\u001b[2J\u001b[H\u009b31m\u202egone"
          yield* one.types(evil)
          const safe =
            "Client 1: \\u{1b}]0;owned\\u{7}\\u{1b}]52;c;AAAA\\u{7}\\u{1b}[2J\\u{1b}[H\\u{9b}31m\\u{202e}gone"
          yield* each([server, two], (other) => other.sees(safe))
          yield* endsIn(stage, two, "Client 1: initiated", safe, ">")
          assert.deepStrictEqual(heard, [])
          yield* stage.says(one, "2 of them", [server, one, two])
          yield* stage.says(one, "what do you think, @2?", [server, one, two])
          yield* stage.until("the bell", () => heard.length > 0)
          assert.deepStrictEqual(heard, ["bell", "Client 1 mentioned you"])
          // Its window is not in front any more; what comes with that is drawn after it.
          yield* two.keys("\u001b[Ox")
          yield* endsIn(stage, two, "> x")
          yield* stage.says(one, "are you there?", [server, one, two])
          yield* stage.says(one, "no", [server, one, two])
          const marks = whole(two).filter((row) => /^── unread since \d\d:\d\d ──$/.test(row))
          assert.strictEqual(marks.length, 1)
          assert.strictEqual(whole(two)[whole(two).indexOf(marks[0] ?? "") + 1], "Client 1: are you there?")
          // In front again: it rings, and need not tell.
          yield* two.keys("\u001b[Iy")
          yield* endsIn(stage, two, "> xy")
          yield* stage.says(server, "the deploy is done", [server, one, two])
          yield* stage.until("the bell again", () => heard.length > 2)
          assert.deepStrictEqual(heard.slice(2), ["bell"])
          yield* leavesOnCtrlC([one, server], two)
        }),
      ["--highlight", "deploy"]
    )
  )

  it.scopedLive("nothing that others say can pass for a line of the program", () =>
    seated((_stage, server, one, two) =>
      Effect.gen(function* () {
        const brb = `brb${" ".repeat(80 - "Client 1: brb".length)}Server: terminated.`
        yield* one.types(brb, "initiated", "/me left")
        yield* server.sees(`Client 1: ${brb}`, "Client 1: initiated", "Client 1 left")
        yield* two.sees(`Client 1: ${brb}`, 'Client 1: "initiated"', "Client 1 · left")
        assert.include(whole(two), "  Server: terminated.")
        yield* leavesOnCtrlC([one, server], two)
      })
    )
  )

  it.scopedLive("what is too long to be said is not shown as if it were, and stays to be edited", () =>
    seated((stage, server, one, two) =>
      Effect.gen(function* () {
        yield* two.keys(`\u001b[200~${"x".repeat(70_000)}\u001b[201~\r`)
        yield* two.notices("* The line was not sent: it has ")
        yield* stage.until("it to be below", () => /^ {2}x+$/.test(whole(two).at(-1) ?? ""))
        assert.isBelow(whole(two).length, 20)
        // To its beginning, and all behind the first word away.
        yield* two.keys("\u0001short\u000b\r")
        yield* each([one, server], (other) => other.sees("Client 2: short"))
        // One that is refused while another is typed is found where all are that were typed.
        yield* two.keys(`\u001b[200~${"y".repeat(70_000)}\u001b[201~\rhalf`)
        yield* two.notices("* The line was not sent: it has ")
        yield* endsIn(stage, two, "> half")
        yield* two.keys("\u0015\u001b[A")
        yield* stage.until("it to be below", () => /^ {2}y+$/.test(whole(two).at(-1) ?? ""))
        yield* two.keys(ctrlC)
        yield* endsIn(stage, two, ">")
        yield* leavesOnCtrlC([one, server], two)
      })
    )
  )

  it.scopedLive(
    "Page Up reads back what was shown, on another screen; what comes meanwhile is counted, and shown after that",
    () =>
      seated((stage, server, one, two) =>
        Effect.gen(function* () {
          const many = Array.from({ length: 60 }, (_, index) => `line ${index}`)
          yield* one.types(...many)
          yield* each([server, two], (other) => other.sees(...many.map((line) => `Client 1: ${line}`)))
          yield* two.keys("half")
          yield* endsIn(stage, two, "Client 1: line 59", "> half")
          const reads = (first: string, last: RegExp) =>
            stage.until(
              () => `the pager to begin with ${first} and to end with ${last}, not\n${whole(two).join("\n")}`,
              () => whole(two)[0] === first && last.test(whole(two).at(-1) ?? "")
            )
          // 62 lines, 23 rows at a time, one of them twice.
          yield* two.keys("\u001b[5~")
          yield* reads("Client 1: line 15", /^── reading back · 22 rows below · Page Up/)
          yield* two.keys("\u001b[5~\u001b[5~\u001b[B")
          yield* reads("Client 1: initiated", /^── reading back · 38 rows below · Page Up/)
          yield* one.types("new", "newer")
          yield* reads("Client 1: initiated", /^── reading back · 40 rows below · 2 new lines · Page Up/)
          yield* two.resizes(60)
          yield* two.resizes(80)
          yield* two.keys("q")
          yield* endsIn(stage, two, "Client 1: line 59", "Client 1: new", "Client 1: newer", "> half")
          yield* each([server, two], (other) => other.sees("Client 1: new", "Client 1: newer"))
          // An end while it is open leaves the first screen as it should be.
          yield* two.keys("\u001b[5~")
          yield* reads("Client 1: line 17", /^── reading back · 22 rows below · Page Up/)
          process.kill(two.seated, "SIGTERM")
          yield* each([server, one], (other) => other.notices("* Client 2 left"))
          yield* two.ends
          assert.deepStrictEqual(shown(two).slice(-2), ["Client 1: new", "Client 1: newer"])
          assert.strictEqual(shown(two).filter((line) => line === "Client 1: line 59").length, 1)
        })
      )
  )

  it.scopedLive(
    "a key goes to another room: what is typed then is said there alone, and other rooms' news is counted",
    () =>
      Effect.gen(function* () {
        const stage = yield* make
        const [port] = yield* stage.freePorts(1)
        const server = yield* stage.server(port)
        const rooms = { terminal: true, args: ["--room", "main", "--room", "ops"] }
        const [one, two] = (yield* stage.clients(2, server, port, () => rooms)) as [Actor, Actor]
        yield* one.keys("half\u001b2")
        yield* endsIn(stage, one, "#ops>")
        yield* one.keys("@2 only here\r\u001b1")
        yield* endsIn(stage, two, "#ops Client 1: @2 only here", ">")
        yield* stage.until("client 2 to be told", () =>
          whole(two).some((row) => row.endsWith("· #ops: 1 new, for you"))
        )
        yield* endsIn(stage, one, "#ops> @2 only here", "> half")
        yield* one.keys(" a line\r")
        yield* server.sees("Client 1: half a line")
        yield* two.sees("#ops Client 1: @2 only here", "Client 1: half a line")
        yield* two.keys("\u000eseen\r")
        yield* one.sees("#ops Client 2: seen")
        yield* stage.until("client 2 to be told nothing", () => !whole(two).some((row) => row.includes("new")))
        // What is typed while a command goes to a room goes there too.
        yield* one.keys("/join dev\rhalf")
        yield* endsIn(stage, one, "#dev> half")
        yield* one.keys("\u0015")
        yield* stage.everyoneLeaves([one, two], server)
        yield* stage.curtain
      })
  )

  it.scopedLive("the line above what is typed tells how the server is, who is there, and what nobody has", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const [port] = yield* stage.freePorts(1)
      const one = yield* stage.client("1", port, { terminal: true })
      const tells = (pattern: RegExp) =>
        stage.until(`client 1 to be told ${pattern}`, () =>
          pattern.test(whole(one).find((row) => row.startsWith("── 1")) ?? "")
        )
      yield* tells(/^── 1 · no server yet · 0 of 0 peers$/)
      yield* one.keys("early\r")
      yield* tells(/ · 0 of 0 peers · 1 line not yet delivered$/)
      yield* one.resizes(40)
      yield* tells(/^── 1 · no server · 0\/0 · 1 undelivered$/)
      yield* one.resizes(80)
      const server = yield* stage.server(port)
      yield* each([one, server], (actor) => actor.sees("Client 1: initiated"))
      yield* server.sees("Client 1: early")
      yield* tells(/^── 1 · server up · 1 of 1 peer$/)
      yield* server.gets("SIGKILL")
      yield* tells(/^── 1 · server down since \d\d:\d\d · 0 of 1 peer$/)
      // Something takes the call, and is silent.
      yield* Effect.scoped(
        Effect.zipRight(mute(port), tells(/^── 1 · server returning, down since \d\d:\d\d · 0 of 1 peer$/))
      )
      const again = yield* stage.server(port)
      yield* again.sees("Client 1: reconnected")
      yield* one.sees("Server: initiated")
      yield* tells(/^── 1 · server up · 1 of 1 peer$/)
      yield* one.keys("\u0004")
      assert.strictEqual(yield* one.ends, 0)
      yield* again.notices("* Client 1 left")
      yield* again.types("Exit")
      yield* stage.poll("all have ended", () => stage.leftovers.length === 0)
    })
  )

  it.scopedLive(
    "the terminal is as it was after SIGTERM and SIGHUP; NO_COLOR has no colours, and --plain no sequences but those for pasting",
    () =>
      Effect.gen(function* () {
        const stage = yield* make
        const [port] = yield* stage.freePorts(1)
        const server = yield* stage.server(port)
        for (const [signal, options] of [
          ["SIGTERM", {}],
          ["SIGHUP", { env: { NO_COLOR: "1" } }],
          ["SIGTERM", { args: ["--plain"] }]
        ] as const) {
          const one = yield* stage.client("1", port, { terminal: true, ...options })
          yield* each([one, server], (actor) => actor.sees("Client 1: initiated"))
          yield* server.types("hello")
          yield* one.sees("Server: hello")
          yield* one.keys("half")
          yield* endsIn(stage, one, "args" in options ? "half" : "> half")
          process.kill(one.seated, signal)
          yield* server.notices("* Client 1 left")
          yield* one.ends
          // biome-ignore-start lint/suspicious/noControlCharactersInRegex: that is what is looked for
          assert.strictEqual(/\u001b\[[0-9;]*[1-9][0-9;]*m/.test(one.raw), signal === "SIGTERM" && !("args" in options))
          if ("args" in options) assert.match(one.raw, /^[^\u001b]*\u001b\[\?2004h[^\u001b]+\u001b\[\?2004l$/)
          else
            assert.match(
              one.raw,
              /\u001b\[\?2004h[\s\S]*\u001b\[\?2004l\u001b\[\?1004l\u001b\[\?1036r\u001b\[\?7h\u001b\[0m$/
            )
          // biome-ignore-end lint/suspicious/noControlCharactersInRegex: that is what is looked for
        }
        yield* server.types("Exit")
        assert.strictEqual(yield* server.ends, 0)
      })
  )

  it.scopedLive("what is wrong is said in rows that end where words do", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const command = ["./client.out", "1", "0"]
      const one = yield* stage.start("Client 1", command, { terminal: true, folder: process.cwd() })
      assert.strictEqual(yield* one.ends, 2)
      assert.deepStrictEqual(whole(one), [
        "outlive: PORT2 is missing. Usage: outlive client ID PORT1 PORT2 [OPTIONS]. See ",
        "  outlive client --help."
      ])
    })
  )

  it.scopedLive(
    "a terminal that hangs up ends it as a signal does: it says goodbye, and Node has nothing to abort for",
    () =>
      Effect.gen(function* () {
        const stage = yield* make
        const [port] = yield* stage.freePorts(1)
        const server = yield* stage.server(port)
        const status = `${stage.folder}/status`
        const command = `trap : HUP; "$@"; echo $? >${status}`
        const client = ["./client.out", "1", "0", "0", "--server", `localhost:${port}`]
        const one = yield* stage.start("Client 1", ["sh", "-c", command, "sh", ...client], {
          terminal: true,
          folder: process.cwd()
        })
        yield* each([one, server], (actor) => actor.sees("Client 1: initiated"))
        // The terminal of whoever sits there is gone with that.
        yield* one.gets("SIGKILL")
        yield* server.notices("* Client 1 left")
        yield* stage.poll("the client to have ended", () => Fs.existsSync(status) && Fs.readFileSync(status).length > 0)
        assert.strictEqual(Fs.readFileSync(status, "utf8"), "0\n")
        yield* server.types("Exit")
        yield* server.ends
      })
  )

  it.scopedLive(
    "where nothing is redrawn, a line may be long, is never broken into, and is one message if it was pasted",
    () =>
      Effect.gen(function* () {
        const stage = yield* make
        const [port] = yield* stage.freePorts(1)
        const server = yield* stage.server(port)
        for (const [id, options] of [
          // Without history: that may come at any time after a client is in.
          ["1", { args: ["--plain", "--history", "0"] }],
          ["2", { args: ["--history", "0"], env: { TERM: "dumb" } }]
        ] as const) {
          const one = yield* stage.client(id, port, { terminal: true, ...options })
          yield* each([one, server], (actor) => actor.sees(`Client ${id}: initiated`))
          // More than a terminal in its usual mode takes.
          const long = "word ".repeat(1_000).trimEnd()
          yield* one.keys(`${long}\r`)
          yield* server.sees(`Client ${id}: ${long}`)
          yield* one.keys("half a lin\u001b[A\u001b[D\u0015half a linx\u007f")
          yield* stage.until("half a line to be there", () => whole(one).at(-1)?.trimEnd() === "half a lin")
          yield* server.types("hello", "initiated")
          yield* stage.until("it to be there once more", () =>
            // It is there between the two as well if they came apart.
            /half a lin *\nServer: hello\n(half a lin\n)?Server: "initiated"\nhalf a lin$/.test(whole(one).join("\n"))
          )
          yield* one.keys("e\r")
          yield* server.sees(`Client ${id}: half a line`)
          if (id === "1") {
            yield* one.keys("\u001b[200~one\ntwo\u001b[201~\r")
            yield* server.sees(`Client ${id}: one\\u{a}two`)
          }
          yield* one.keys(`never said${ctrlC}`)
          yield* one.keys(ctrlC)
          yield* server.notices(`* Client ${id} left`)
          yield* one.ends
          // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
          if (id === "2") assert.notMatch(one.raw, /\u001b/)
        }
        yield* server.types("Exit")
        yield* server.ends
      })
  )

  it.scopedLive("Ctrl-Z stops it and fg goes on; a shell has its terminal as it was then, and after each end", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const [port] = yield* stage.freePorts(1)
      const server = yield* stage.server(port)
      const [two] = (yield* stage.clients(1, server, port)) as [Actor]
      // Such a shell leaves a terminal as it finds it.
      const one = yield* stage.start("Client 2", ["sh", "-i"], { terminal: true, env: { PS1: "$ ", ENV: "" } })
      const rows = (pattern: RegExp) => whole(one).filter((row) => pattern.test(row))
      const shows = (pattern: RegExp, times: number) =>
        stage.until(`the terminal to show ${pattern} ${times} times`, () => rows(pattern).length >= times)
      const modes: Array<string> = []
      const takesModes = Effect.gen(function* () {
        yield* stage.until("the shell to wait for a command", () => whole(one).at(-1) === "$")
        yield* one.keys("echo modes $(stty -g)\r")
        yield* shows(/^modes /, modes.length + 1)
        modes.push(rows(/^modes /).at(-1) ?? "")
      })
      const starts = (id: string) => one.keys(`${process.cwd()}/client.out ${id} 0 0 --server localhost:${port}\r`)
      yield* takesModes

      yield* starts("2")
      yield* each([one, server, two], (actor) => actor.sees("Client 2: initiated"))
      yield* one.keys("half")
      yield* endsIn(stage, one, "> half")
      yield* one.keys("\u001a")
      yield* shows(/Stopped/, 1)
      yield* takesModes
      yield* server.types("did you stop?")
      yield* two.sees("Server: did you stop?")
      yield* one.keys("fg\r")
      yield* endsIn(stage, one, "Server: did you stop?", "> half")
      yield* one.keys(" a line\r")
      yield* each([server, two], (other) => other.sees("Client 2: half a line"))
      yield* one.keys("Exit\r")
      yield* server.notices("* Client 2 left")
      yield* takesModes

      yield* starts("1")
      yield* shows(/The id 1 is taken/, 1)
      yield* takesModes

      yield* starts("2")
      yield* server.sees("Client 2: initiated")
      yield* endsIn(stage, one, "Client 1: initiated", ">")
      const [pid] = Fs.readFileSync(`/proc/${one.seated}/task/${one.seated}/children`, "utf8").split(" ").map(Number)
      yield* Effect.sync(() => process.kill(pid as number, "SIGTERM"))
      yield* server.notices("* Client 2 left")
      yield* takesModes

      assert.deepStrictEqual(new Set(modes).size, 1, modes.join("\n"))
      const begun = one.raw.split("\u001b[?2004h").length
      assert.strictEqual(begun, 5)
      assert.strictEqual(one.raw.split("\u001b[?2004l\u001b[?1004l\u001b[?1036r\u001b[?7h\u001b[0m").length, begun)
      yield* one.keys("exit\r")
      yield* one.ends
      yield* each([two, server], (actor) => actor.types("Exit"))
      yield* stage.poll("all have ended", () => stage.leftovers.length === 0)
    })
  )
})

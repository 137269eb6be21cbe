/** Terminals, rendered: what comes in never disturbs what is being typed. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type Actor, each, hasTerminals, make, type Stage } from "./Stage.ts"

const ctrlC = "\u0003"
const backspace = "\u007f"

/** What its terminal shows, without the empty rows below. */
const whole = (actor: Actor) => actor.rendered.join("\n").trimEnd().split("\n")

/** That without what is told at a glance, and with lines of its own whole that take several rows. */
const shown = (actor: Actor) => {
  const lines: Array<string> = []
  for (const row of whole(actor)) {
    if (/^ {2}/.test(row) && /^[>…]/.test(lines.at(-1) ?? "")) lines.push(lines.pop() + row.slice(2))
    else if (!row.startsWith("──")) lines.push(row)
  }
  return lines
}

const column = (actor: Actor) => actor.terminal?.buffer.active.cursorX

/** Waits until its terminal ends in these lines. */
const endsIn = (stage: Stage, actor: Actor, ...lines: ReadonlyArray<string>) =>
  stage.until(
    () => `the terminal of ${actor.name} to end in\n${lines.join("\n")}\nand not in\n${shown(actor).join("\n")}\n`,
    () => lines.every((line, index) => shown(actor).at(index - lines.length) === line.trimEnd())
  )

/** A server and a client on pipes, and a client at a terminal, which leaves before the end. */
const seated = (act: (stage: Stage, server: Actor, one: Actor, two: Actor) => Effect.Effect<void, unknown>) =>
  Effect.gen(function* () {
    const stage = yield* make
    const [port] = yield* stage.freePorts(1)
    const server = yield* stage.server(port)
    const [one, two] = (yield* stage.clients(2, server, port, (id) => ({ terminal: id === 2 }))) as [Actor, Actor]
    yield* endsIn(stage, two, "Client 2: initiated", "Client 1: initiated", ">")
    yield* act(stage, server, one, two)
    yield* each([one, server], (actor) => actor.types("Exit"))
    yield* stage.curtain
  })

/** It leaves on Ctrl-C; what is left on its terminal is the chat. */
const leavesOnCtrlC = (others: ReadonlyArray<Actor>, two: Actor) =>
  Effect.gen(function* () {
    const chat = shown(two).slice(0, -1)
    yield* two.keys(`never sent${ctrlC}`)
    yield* each(others, (other) => other.notices("* Client 2 left"))
    assert.strictEqual(yield* two.ends, 0)
    assert.deepStrictEqual(shown(two), chat)
    assert.strictEqual(column(two), 0)
  })

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
        const lost = "* Server is lost: the connection broke; everybody goes on without it"
        yield* each([one, two], (client) => client.notices(lost))
        yield* endsIn(stage, two, "Client 1: initiated", lost, `> ${"x".repeat(100)}`)
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
  const lost = "* Server is lost: the connection broke; everybody goes on without it"

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
          for (const [index, columns] of [79, 50, 39, 120, 80].entries()) {
            yield* one.resizes(columns)
            // What is typed next is drawn after all that.
            yield* one.keys(`${index}`)
            yield* endsIn(stage, one, lost, ...live, `> half${"01234".slice(0, index + 1)}`)
          }
          yield* one.keys("\u0015/pending\r")
          const listed = lines.map((line) => `* nobody has yet: ${line}`)
          yield* endsIn(stage, one, lost, "> /pending", ...listed, ...live, ">")
          yield* one.keys(ctrlC)
          assert.strictEqual(yield* one.ends, 0)
          assert.deepStrictEqual(shown(one), [
            "Client 1: initiated",
            lost,
            "> /pending",
            ...listed,
            ...lines.map((line) => `… ${line}`)
          ])
          assert.strictEqual(column(one), 0)
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
})

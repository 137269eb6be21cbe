/** What scripts and bots use: `--json`, `send` and `tail`, as real processes. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Event } from "../../src/protocol/BotLine.ts"
import { type Actor, each, make } from "./Stage.ts"

const decode = Schema.decodeUnknownSync(Schema.parseJson(Event))

/** The events that it has told so far: every line is one. */
const eventsOf = (actor: Actor) => actor.out.map((line) => decode(line))

describe("scripts and bots", () => {
  it.scopedLive("a bot reads events and writes commands; send knows when a line is there; tail follows", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const server = yield* stage.server(0)
      const port = Number(/localhost:(\d+)/.exec(server.err[0] ?? "")?.[1])
      const at = ["--server", `localhost:${port}`]
      const bot = yield* stage.client("bot", port, { args: ["--json"] })
      const told = (actor: Actor, type: Event["type"], count = 1) =>
        stage.until(
          `${actor.name} to be told of ${type}`,
          () => eventsOf(actor).filter((event) => event.type === type).length >= count
        )
      yield* told(bot, "admitted")
      const tail = yield* stage.start("tail", ["./outlive", "tail", "--id", "reader", ...at])
      yield* tail.sees("Client reader: initiated", "Client bot: initiated")

      yield* bot.types(
        '{"type":"say","text":"//Exit","ref":"first"}',
        "what?",
        '{"type":"run","command":"who","ref":"2"}'
      )
      yield* tail.sees("Client bot: //Exit")
      yield* told(bot, "settled", 2)
      yield* server.types("hello, bot")
      yield* tail.sees("Server: hello, bot")
      yield* told(bot, "said", 2)
      const events = eventsOf(bot)
      assert.deepStrictEqual(events[0], { type: "outlive", version: 1 })
      assert.deepStrictEqual(
        events.flatMap((event) => (event.type === "said" ? [[event.from, event.text, event.own]] : [])),
        [
          ["bot", "//Exit", true],
          ["Server", "hello, bot", false]
        ]
      )
      assert.deepStrictEqual(
        events.flatMap((event) => (event.type === "self" || event.type === "present" ? [event.id] : [])).sort(),
        ["Server", "bot", "reader"]
      )
      assert.lengthOf(
        events.filter(({ type }) => type === "error"),
        1
      )

      const sent = yield* stage.start("send", ["./outlive", "send", ...at, "--id", "ci", "--wait", "3", "done"])
      assert.strictEqual(yield* sent.ends, 0)
      yield* tail.sees("Client ci: done")
      assert.notInclude(tail.out.join("\n"), "Client ci: initiated")
      const unheard = yield* stage.start("send", ["./outlive", "send", ...at, "--wait", "9", "--within", "1", "done"])
      assert.strictEqual(yield* unheard.ends, 1)
      assert.match(unheard.err.join("\n"), /^outlive: (None|Only \d) of 9 peers confirmed the message in time: .+$/)
      assert.deepStrictEqual([sent.out, sent.err, unheard.out], [[], [], []])

      yield* tail.gets("SIGTERM")
      assert.strictEqual(yield* tail.ends, 0)
      yield* bot.types('{"type":"exit"}')
      assert.strictEqual(yield* bot.ends, 0)
      yield* server.notices("* Client bot left")
    })
  )

  it.scopedLive(
    "what comes over a pipe: a byte order mark, Latin-1, a line without an end; a reader that has gone",
    () =>
      Effect.gen(function* () {
        const stage = yield* make
        const [port] = yield* stage.freePorts(1)
        const server = yield* stage.server(port)
        const one = yield* stage.client("1", port)
        yield* each([one, server], (actor) => actor.sees("Client 1: initiated"))
        const types = (bytes: Buffer) => Effect.sync(() => one.child.stdin?.write(bytes))
        yield* types(Buffer.from("\ufeff/me waves\n"))
        yield* server.sees("Client 1 waves")
        yield* types(Buffer.from("gr\u00fcn\nbl\u00f6d\n", "latin1"))
        yield* server.sees("Client 1: gr\ufffdn", "Client 1: bl\ufffdd")
        yield* one.notices("* Line 2 is not UTF-8: invalid bytes are sent as \ufffd. Later lines are not checked.")
        // It is told before its end, if there is one.
        yield* types(Buffer.alloc(8_000_000, "y"))
        yield* one.notices("* Line 4 is longer than 65536 bytes and was not sent.")
        yield* types(Buffer.from("y\nafter\n"))
        yield* server.sees("Client 1: after")
        assert.lengthOf(one.err, 2)

        const follows = (id: string, json: string) =>
          stage.start("head", ["sh", "-c", `./outlive tail ${json} --id ${id} --server localhost:${port} | head -1`], {
            folder: process.cwd()
          })
        const head = yield* follows("reader", "")
        yield* each([one, server, head], (actor) => actor.sees("Client reader: initiated"))
        // It takes a line that nobody reads to know that nobody reads.
        yield* stage.says(server, "anybody?", [one])
        yield* each([one, server], (actor) => actor.notices("* Client reader left"))
        yield* head.ends
        // This one is told more than one line at once.
        const bot = yield* follows("bot", "--json")
        yield* bot.ends
        yield* one.types("Exit")
        yield* one.ends
        yield* server.types("Exit")
        yield* server.ends
      })
  )

  it.scopedLive("the doctor's status tells whether something is wrong; it leaves nothing behind", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const server = yield* stage.server(0)
      const port = `${/localhost:(\d+)/.exec(server.err[0] ?? "")?.[1]}`
      const data = Path.join(stage.folder, "data")
      const doctor = (at: string) => stage.start("doctor", ["./outlive", "doctor", "--port", at, "--data", data])
      const well = yield* doctor(port)
      assert.strictEqual(yield* well.ends, 0, well.out.join("\n"))
      assert.deepStrictEqual(well.err, [])
      assert.include(well.out, `ok    The server answers at localhost:${port}.`)
      yield* server.types("Exit")
      yield* server.ends
      const unwell = yield* doctor(port)
      assert.strictEqual(yield* unwell.ends, 1)
      assert.deepStrictEqual(unwell.err, ["outlive: 1 problem found: see above."])
      assert.match(unwell.out.join("\n"), /^WRONG The server can't be reached at /m)
      assert.deepStrictEqual(Fs.readdirSync(stage.folder), [])
    })
  )
})

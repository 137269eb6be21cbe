/** What scripts and bots use: `--json`, `send` and `tail`, as real processes. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Event } from "../../src/protocol/BotLine.ts"
import { type Actor, make } from "./Stage.ts"

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
      yield* tail.sees("Client ci: initiated", "Client ci: done")
      const unheard = yield* stage.start("send", ["./outlive", "send", ...at, "--wait", "9", "--within", "1", "done"])
      assert.strictEqual(yield* unheard.ends, 1)
      assert.match(
        unheard.err.join("\n"),
        /^outlive: Of 9 peers that should have it, (none has|only \d has|only \d have) said so in time: .+$/
      )
      assert.deepStrictEqual([sent.out, sent.err, unheard.out], [[], [], []])

      yield* tail.gets("SIGTERM")
      assert.strictEqual(yield* tail.ends, 0)
      yield* bot.types('{"type":"exit"}')
      assert.strictEqual(yield* bot.ends, 0)
      yield* server.notices("* Client bot left")
    })
  )

  it.scopedLive("the doctor's status tells whether something is wrong; it leaves nothing behind", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const server = yield* stage.server(0)
      const port = `${/localhost:(\d+)/.exec(server.err[0] ?? "")?.[1]}`
      const data = Path.join(stage.folder, "data")
      const doctor = (at: string) =>
        stage.start("doctor", ["./outlive", "doctor", "--server", `localhost:${at}`, "--port", at, "--data", data])
      const well = yield* doctor(port)
      assert.strictEqual(yield* well.ends, 0, well.out.join("\n"))
      assert.deepStrictEqual(well.err, [])
      assert.include(well.out, `ok    The server answers at localhost:${port}.`)
      yield* server.types("Exit")
      yield* server.ends
      const unwell = yield* doctor(port)
      assert.strictEqual(yield* unwell.ends, 1)
      assert.deepStrictEqual(unwell.err, ["outlive: 1 thing is wrong: see above."])
      assert.match(unwell.out.join("\n"), /^WRONG The server can't be reached at /m)
      assert.deepStrictEqual(Fs.readdirSync(stage.folder), [])
    })
  )
})

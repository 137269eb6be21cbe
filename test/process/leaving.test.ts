/** Real processes that leave with lines that nobody has: over a slow path, from a frozen peer, with a folder, by signals. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Proxy from "../soak/Proxy.ts"
import { type Actor, make } from "./Stage.ts"

const portOf = (server: Actor) => Number(/localhost:(\d+)/.exec(server.err[0] ?? "")?.[1])

/** 256 kbit a second. */
const slow = { ...Proxy.fair, bytesPerSecond: 32_000 }

const nobodyHas = /^\* Leaving: no peer has your last (?:\d+ lines|line) yet\./

const isTold = (actor: Actor) => actor.err.some((line) => nobodyHas.test(line))

describe("who leaves", () => {
  it.scopedLive("over a slow path waits until all is there", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const server = yield* stage.server(0)
      const { port } = yield* Proxy.make(portOf(server), slow, 1)
      const sender = yield* stage.client("sender", port)
      yield* server.sees("Client sender: initiated")
      const lines = Array.from({ length: 1_200 }, (_, n) => `${n} ${"x".repeat(40)}`)
      yield* sender.types(...lines)
      yield* Effect.sync(() => sender.child.stdin?.end())
      yield* stage.until("the sender to end", () => sender.ending !== undefined)
      assert.strictEqual(sender.ending, 0)
      yield* server.sees(`Client sender: ${lines.at(-1)}`)
      assert.deepStrictEqual(
        server.out.filter((line) => line.startsWith("Client sender: ") && line.endsWith("x")),
        lines.map((line) => `Client sender: ${line}`)
      )
    })
  )

  it.scopedLive("says what a frozen peer has not taken, with status 1; on a second Ctrl-C at once", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const server = yield* stage.server(0)
      const [first, second] = yield* Effect.all([
        stage.client("1", portOf(server), { args: ["--within", "1"] }),
        stage.client("2", portOf(server), { args: ["--within", "3600"] })
      ])
      yield* server.sees("Client 1: initiated", "Client 2: initiated")
      yield* second.gets("SIGSTOP")
      yield* server.gets("SIGSTOP")
      yield* first.types("is anybody there?")
      yield* Effect.sync(() => first.child.stdin?.end())
      yield* stage.until("client 1 to end", () => first.ending !== undefined)
      assert.strictEqual(first.ending, 1)
      assert.include(first.err.join("\n"), "Your last line is lost: no peer received it.")
      yield* second.gets("SIGCONT")
      yield* second.types("and now?")
      yield* stage.until("client 2 to read its input", () => second.err.some((line) => line.includes("is lost")))
      yield* second.gets("SIGINT")
      yield* stage.until("client 2 to say what nobody has", () => isTold(second))
      // What comes within a moment is the same wish.
      yield* stage.poll("client 2 to end", () => second.ending !== undefined || !second.child.kill("SIGINT"))
      assert.strictEqual(second.ending, 1)
      assert.include(second.err.join("\n"), "Your last line is lost")
    })
  )

  it.scopedLive("with a folder keeps what nobody has, and its next run sends it", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const args = ["--data", `${stage.folder}/kept`, "--within", "1"]
      const nobodyThere = 1
      const one = yield* stage.client("1", nobodyThere, { args })
      yield* one.types("for later", "Exit")
      yield* stage.until("client 1 to end", () => one.ending !== undefined)
      assert.strictEqual(one.ending, 0)
      assert.include(
        one.err,
        "* No peer has your last line yet: kept in the data folder, and sent at the next start with it."
      )
      const server = yield* stage.server(0)
      yield* stage.client("1", portOf(server), { args })
      yield* server.sees("Client 1: for later")
    })
  )
})

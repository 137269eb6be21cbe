/** Rooms, as the people at the sessions of several nodes see them. */
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type AtConsole, story, type World } from "./World.ts"

const linesOn = (console: AtConsole, words: RegExp) =>
  Effect.map(console.screen, (screen) => screen.filter((line) => words.test(line)))

/** A server, clients 1 and 2 in `ops`, and client 3 in `main` alone. */
const gather = (world: World) =>
  Effect.gen(function* () {
    const server = yield* world.server
    const one = yield* world.client("1", { rooms: ["ops"] })
    yield* server.sees("Client 1: initiated")
    const two = yield* world.client("2", { rooms: ["main", "ops"] })
    yield* two.sees("Client 1: initiated", "Client 2: initiated")
    const three = yield* world.client("3")
    yield* three.sees("Client 1: initiated", "Client 2: initiated", "Client 3: initiated")
    yield* one.sees("Client 2: initiated", "Client 3: initiated")
    return { server, one, two, three }
  })

describe("rooms that a node is in from the start", () => {
  story("what is typed is said in the first one, and shown where its people are, and nowhere else", (world) =>
    Effect.gen(function* () {
      const { one, server, three, two } = yield* gather(world)
      const pipe = yield* two.attach()
      yield* one.type("to ops")
      yield* two.sees("#ops Client 1: to ops")
      yield* pipe.sees("#ops Client 1: to ops")
      yield* two.type("to all")
      yield* one.sees("#main Client 2: to all")
      for (const node of [server, three, pipe]) yield* node.sees("Client 2: to all")
      yield* one.stands()
      yield* two.stands()
      for (const node of [server, three]) assert.isEmpty(yield* linesOn(node, /to ops/))
    })
  )

  story("what is new elsewhere is counted until one goes there, and what mentions one by itself", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      yield* one.type("hello")
      yield* one.type("@2 and you?")
      yield* two.glances(
        ({ room, rooms }) =>
          room === "main" &&
          JSON.stringify(rooms) ===
            JSON.stringify([
              { room: "main", lines: 0, mentions: 0 },
              { room: "ops", lines: 2, mentions: 1 }
            ])
      )
    })
  )

  story("a line that begins like one of another room is asked about once, at a terminal alone", (world) =>
    Effect.gen(function* () {
      const { one, server, three, two } = yield* gather(world)
      yield* two.type("#ops hello")
      yield* two.sees(
        "> #ops hello",
        "* This line would be said in main. To say something in #ops, type /say ops TEXT, or /go ops first. To send this line as it is, type it again."
      )
      yield* two.type("#ops hello")
      yield* server.sees("Client 2: #ops hello")
      yield* one.sees("#main Client 2: #ops hello")
      yield* three.type("#ops hello")
      yield* server.sees("Client 3: #ops hello")
      yield* two.type("#dev hello")
      yield* server.sees("Client 2: #dev hello")
      const pipe = yield* two.attach()
      yield* pipe.type("#ops too")
      yield* server.sees("Client 2: #ops too")
    })
  )

  story("/history, /mentions and /pending name the room", (world) =>
    Effect.gen(function* () {
      const { one, server, three, two } = yield* gather(world)
      yield* one.type("@2 to ops")
      yield* two.sees("#ops Client 1: @2 to ops")
      yield* two.type("/history")
      yield* two.type("/mentions")
      yield* two.type("/history #ops")
      yield* two.sees("> /history #ops")
      assert.deepStrictEqual(
        (yield* linesOn(two, /^\* .*@2/)).map((line) => line.replace(/\d+-\S+ \S+/, "TIME")),
        Array.from({ length: 3 }, () => "* TIME #ops Client 1: @2 to ops")
      )
      yield* one.stands()
      for (const node of [server, three, two]) yield* node.kill
      yield* one.type("alone")
      yield* one.stands("#ops… alone")
      yield* one.type("/pending")
      yield* one.sees("* not yet delivered: #ops alone")
    })
  )

  story("send says its line in one room, and ends when somebody there has it", (world) =>
    Effect.gen(function* () {
      const { one, server, three, two } = yield* gather(world)
      const sender = yield* world.send("ci", "done", 2, "ops")
      yield* one.sees("Client ci: done")
      yield* two.sees("#ops Client ci: done")
      yield* sender.ended
      for (const node of [server, three]) assert.isEmpty(yield* linesOn(node, /done/))
    })
  )
})

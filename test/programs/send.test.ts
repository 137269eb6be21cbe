/** One line said by a script: how it knows that somebody has it. */
import { assert, describe } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { failureOf, gather, story } from "./World.ts"

describe("send", () => {
  story("ends well as soon as so many have the line, and leaves", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      const before = yield* Clock.currentTimeMillis
      const sent = yield* world.send("9", "the build is done", 3)
      assert.deepStrictEqual(yield* sent.ended, Exit.void)
      assert.isAtMost((yield* Clock.currentTimeMillis) - before, 2_500)
      for (const node of [one, two, server]) yield* node.sees("Client 9: the build is done")
    })
  )

  story("costs every screen the line alone, is on no record, and nobody looks for it", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      const all = [one, two, server]
      const before = yield* Effect.forEach(all, ({ screen }) => screen)
      const sent = yield* world.send("9", "the build is done", 3)
      yield* one.sees("Client 9: the build is done")
      assert.deepStrictEqual(yield* world.records, ["1 6001", "2 6002"])
      assert.deepStrictEqual(yield* sent.ended, Exit.void)
      const killed = yield* world.send("8", "so is this", 4)
      for (const node of all) yield* node.sees("Client 8: so is this")
      const three = yield* world.client("3")
      yield* three.sees("Client 1: initiated", "Client 2: initiated")
      yield* killed.kill
      yield* Effect.sleep("2 minutes")
      const came = ["Client 9: the build is done", "Client 8: so is this", "Client 3: initiated"]
      for (const [index, node] of all.entries()) {
        assert.deepStrictEqual((yield* node.screen).slice(before[index]?.length ?? 0), came)
      }
      assert.deepStrictEqual(yield* three.screen, [
        "Client 3: initiated",
        ...(yield* three.screen).slice(1).filter((line) => /^Client [12]: initiated$/.test(line))
      ])
      yield* one.tells("── 1 · server up · 3 of 3 peers")
      assert.deepStrictEqual(yield* world.records, ["1 6001", "2 6002", "3 6003"])
    })
  )

  story("is shown by /who while it is there, and takes nothing along that nobody else has", (world) =>
    Effect.gen(function* () {
      const server = yield* world.server
      yield* server.type("is anybody there?")
      const sent = yield* world.send("9", "hello", 2)
      yield* server.sees("Client 9: hello")
      yield* server.type("/who")
      yield* Effect.sleep("100 millis")
      assert.match((yield* server.screen).join("\n"), /\* Client 9, localhost:\d+, direct/)
      yield* sent.ended
      yield* server.stands("… is anybody there?")
    })
  )

  story("fails if fewer have it in time, and says how many", (world) =>
    Effect.gen(function* () {
      const { one } = yield* gather(world)
      const sent = yield* world.send("9", "hello", 4)
      assert.match(yield* failureOf(sent), /^Only 3 of 4 peers confirmed the message in time: /)
      yield* one.sees("Client 9: hello")
    })
  )

  story("says why it could not join, if that is why nobody has the line", (world) =>
    Effect.gen(function* () {
      assert.strictEqual(
        yield* failureOf(yield* world.send("9", "hello?", 1)),
        "None of 1 peer confirmed the message in time: this node could not join. The server at localhost:4000 can't be reached (nothing listens there). Fix that, or allow more time with --within."
      )
    })
  )

  story("forgets why it could not join once it has", (world) =>
    Effect.gen(function* () {
      const sent = yield* world.send("9", "hello?", 2)
      yield* Effect.sleep("1 second")
      yield* world.server
      assert.strictEqual(
        yield* failureOf(sent),
        "Only 1 of 2 peers confirmed the message in time: allow more time with --within, or ask for fewer peers with --wait."
      )
    })
  )

  story("fails if the line is too long, and if the id is taken", (world) =>
    Effect.gen(function* () {
      yield* gather(world)
      assert.match(
        yield* failureOf(yield* world.send("9", "x".repeat(70_000), 1)),
        /^The line was not sent: it has 70\d+ bytes/
      )
      // Of two that begin in the same millisecond, either may be the first.
      yield* Effect.sleep("1 second")
      assert.strictEqual(
        yield* failureOf(yield* world.send("1", "hello", 1)),
        "The id 1 is taken by somebody in the chat: choose another one."
      )
    })
  )
})

describe("send with files", () => {
  const content = (size: number): Uint8Array => Uint8Array.from({ length: size }, (_, at) => (at * 7) % 251)

  story("ends well when its reader has fetched them, and tells how that goes", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      world.diskOf("9").put("/home/report.pdf", content(3_000_000))
      world.diskOf("9").put("/home/logs/a.txt", content(10))
      const paths = ["/home/report.pdf", "/home/logs"]
      const sent = yield* world.sendFile("9", paths, { to: "2", text: "as promised" })
      yield* two.sees("(private) Client 9: as promised")
      yield* two.sees("* Client 9 offers report.pdf and 1 more (2 files, 3.0 MB) in private")
      yield* Effect.sleep("50 seconds")
      yield* two.type("/get 1")
      yield* two.sees("* report.pdf and 1 more is here: /downloads/report.pdf and 1 more")
      const before = yield* Clock.currentTimeMillis
      assert.deepStrictEqual(yield* sent.ended, Exit.void)
      assert.isAtMost((yield* Clock.currentTimeMillis) - before, 1_000)
      assert.deepStrictEqual(world.diskOf("2").bytes("/downloads/report.pdf and 1 more/report.pdf"), content(3_000_000))
      const name = "report.pdf and 1 more (2 files, 3.0 MB)"
      assert.include(sent.told, `${name}: nobody fetches it yet`)
      assert.isTrue(sent.told.some((words) => words.startsWith(`${name}: 1 fetches it, `)))
      assert.include(sent.told.at(-1), "Client 2 has it")
      assert.notInclude((yield* one.screen).join(), "report")
    })
  )

  story("waits for as many as are wanted, also for those who fetch it from others", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      world.diskOf("9").put("/home/a.bin", content(600_000))
      const sent = yield* world.sendFile("9", ["/home/a.bin"], { wait: 3 })
      for (const node of [one, two]) {
        yield* node.sees("* Client 9 offers a.bin (600 kB)")
        yield* node.type("/get a.bin")
        yield* node.sees("* a.bin is here: /downloads/a.bin")
      }
      yield* Effect.sleep("1 minute")
      yield* server.type("/get a.bin")
      assert.deepStrictEqual(yield* sent.ended, Exit.void)
    })
  )

  story("fails with a sentence if nobody fetches anything for as long as it may take", (world) =>
    Effect.gen(function* () {
      const { two } = yield* gather(world)
      world.diskOf("9").put("/home/a.bin", content(600_000))
      const limit = Duration.seconds(30)
      const behind = "It can be fetched only while this program runs, or from others who have it."
      const before = yield* Clock.currentTimeMillis
      const toTwo = yield* world.sendFile("9", ["/home/a.bin"], { to: "2", limit })
      assert.strictEqual(yield* failureOf(toTwo), `Client 2 has not fetched a.bin. ${behind}`)
      assert.isAtLeast((yield* Clock.currentTimeMillis) - before, 30_000)
      const toAll = yield* world.sendFile("9", ["/home/a.bin"], { wait: 2, limit })
      yield* two.sees("* Client 9 offers a.bin (600 kB)")
      yield* Effect.sleep("20 seconds")
      yield* two.type("/get a.bin")
      yield* two.sees("* a.bin is here: /downloads/a.bin")
      yield* Effect.sleep("20 seconds")
      assert.strictEqual(yield* failureOf(toAll), `Only Client 2 of 2 peers has fetched a.bin. ${behind}`)
      const none = yield* world.sendFile("9", ["/home/none.bin"], { limit })
      assert.include(yield* failureOf(none), "/home/none.bin")
    })
  )

  story(
    "can be interrupted while they are read",
    (world) =>
      Effect.gen(function* () {
        const { two } = yield* gather(world)
        world.diskOf("9").put("/home/a.bin", content(10))
        const sent = yield* world.sendFile("9", ["/home/a.bin"])
        yield* Effect.sleep("1 second")
        yield* sent.askToEnd
        assert.strictEqual(yield* failureOf(sent), "/home/a.bin is not offered: reading was given up.")
        assert.notInclude((yield* two.screen).join(), "offers")
      }),
    { reading: "1 hour" }
  )
})

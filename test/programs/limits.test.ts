/** What a peer that goes too far comes to, and that the others notice nothing of it. */
import { assert, describe } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { type Address, Host, Port } from "../../src/domain/Peer.ts"
import { Room, type StreamId, streamOf } from "../../src/domain/Post.ts"
import { encodePost } from "../../src/protocol/Frame.ts"
import { epoch, id, listed, peer, post, stream } from "../support/samples.ts"
import { listen } from "../support/serving.ts"
import { dial, helloOf, joinAs, type Stranger } from "./Stranger.ts"
import { type Node, story, type World } from "./World.ts"

const limits = {
  framesPerSecond: 50,
  overload: Duration.seconds(10),
  streams: 100,
  rooms: 3
}

/** A server and two clients, which talk after that as before. */
const chat = (
  world: World,
  act: (actors: { readonly server: Node; readonly one: Node; readonly two: Node }) => Effect.Effect<void, unknown>
) =>
  Effect.gen(function* () {
    const server = yield* world.server
    const one = yield* world.client("1")
    yield* one.sees("Client 1: initiated")
    const two = yield* world.client("2")
    yield* two.sees("Client 2: initiated", "Client 1: initiated")
    yield* Effect.orDie(act({ server, one, two }))
    yield* one.type("are you there still?")
    yield* two.sees("Client 1: are you there still?")
    yield* server.sees("Client 1: are you there still?")
    for (const node of [server, one, two]) {
      const others = (yield* node.screen).filter((line) => line.startsWith("* ") && !line.includes("Client x"))
      assert.deepStrictEqual(
        others.filter((line) => !line.startsWith("* The server listens")),
        []
      )
    }
  })

/** It is told which limit that was, and let in again after a while, and not before. */
const isDropped = (world: World, { server }: { readonly server: Node }, stranger: Stranger, limit: string) =>
  Effect.gen(function* () {
    assert.strictEqual((yield* stranger.hears("dropped")).limit, limit)
    yield* stranger.isCutOff
    yield* server.sees("* Client x is lost: it sent too much")
    const again = yield* dial(world, "x", 4000)
    yield* again.says(helloOf(peer("x", 7_000)))
    assert.strictEqual((yield* again.hears("refused")).reason, "unavailable")
    yield* Effect.sleep(limits.overload)
    yield* joinAs(world, peer("x", 7_000))
  }).pipe(Effect.scoped)

const numbered = (count: number, named: (n: number) => StreamId) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [named(n), 1]))

const authors = (n: number) => streamOf(id(`author-${n}`), "main" as never, epoch(1))
const rooms = Array.from({ length: limits.rooms + 1 }, (_, n) => Room.make(`room-${n}`))

describe("whoever goes too far is slowed, then told and dropped, and the others feel nothing:", () => {
  story(
    "posts without end",
    (world) =>
      chat(world, (actors) =>
        Effect.gen(function* () {
          const stranger = yield* joinAs(world, peer("x", 7_000))
          let n = 0
          yield* stranger.floods(() => {
            n += 1
            return encodePost(post(stranger.stream, n, "x".repeat(1_000)))
          })
          // Slowed by now: what is typed elsewhere comes through at once.
          yield* Effect.sleep("5 seconds")
          yield* actors.one.type("what a noise")
          yield* actors.two.sees("Client 1: what a noise").pipe(Effect.timeout("1 second"))
          yield* isDropped(world, actors, stranger, "rate")
          const noise = (yield* actors.server.screen).filter((line) => line.startsWith("Client x: x")).length
          assert.isAtLeast(noise, 10 * limits.framesPerSecond)
          assert.isAtMost(noise, 20 * limits.framesPerSecond + 500, "a pipe's and an inlet's worth on top of its quota")
        }).pipe(Effect.scoped)
      ),
    { limits }
  )

  story(
    "more streams than anybody follows",
    (world) =>
      chat(world, (actors) =>
        Effect.gen(function* () {
          const stranger = yield* joinAs(world, peer("x", 7_000))
          yield* stranger.says({ type: "have", streams: numbered(limits.streams + 1, authors), more: false })
          yield* isDropped(world, actors, stranger, "streams")
        }).pipe(Effect.scoped)
      ),
    { limits: { ...limits, logEntries: 50 } }
  )

  story(
    "more rooms than a house has",
    (world) =>
      chat(world, (actors) =>
        Effect.gen(function* () {
          const stranger = yield* dial(world, "x", 4000)
          yield* stranger.says(helloOf(peer("x", 7_000), false, rooms), { type: "have", streams: {}, more: false })
          assert.strictEqual((yield* stranger.hears("dropped")).limit, "rooms")
          yield* stranger.isCutOff
          assert.notInclude(yield* actors.server.screen, "Client x: initiated")
        }).pipe(Effect.scoped)
      ),
    { limits }
  )

  story(
    "speaks of rooms in which nobody else takes part: it is asked for nothing there, and nothing waits for it",
    (world) =>
      chat(world, ({ one, server }) =>
        Effect.gen(function* () {
          const stranger = yield* joinAs(world, peer("x", 7_000), 4000, { rooms })
          const elsewhere = Array.from(rooms, (room) => streamOf(id("1"), room, epoch(1)))
          const own = streamOf(id("x"), rooms[0] as Room, epoch(1))
          yield* stranger.says({
            type: "have",
            streams: Object.fromEntries(elsewhere.map((of) => [of, 1])),
            more: false
          })
          yield* stranger.sends(
            encodePost(post(own, 1, "for those who are there")),
            encodePost(
              post(stranger.stream, 1, "for all", [
                [own, 2],
                [elsewhere[0] as StreamId, 1]
              ])
            )
          )
          for (const node of [server, one]) yield* node.sees("Client x: for all").pipe(Effect.timeout("2 seconds"))
          yield* Effect.sleep("1 minute")
          assert.deepStrictEqual(stranger.heard("want"), [])
          assert.deepStrictEqual(
            stranger
              .heard("have")
              .flatMap(({ streams }) => Object.keys(streams).filter((of) => !of.includes("/main/"))),
            []
          )
          for (const node of [server, one]) assert.notInclude((yield* node.screen).join(" "), "for those who are there")
        }).pipe(Effect.scoped)
      )
  )

  story("a thousand streams at once: it is asked for some at a time, and in the end for all", (world) =>
    chat(world, ({ one, server }) =>
      Effect.gen(function* () {
        const stranger = yield* joinAs(world, peer("x", 7_000))
        const streams = Array.from({ length: 1_000 }, (_, at) => stream(`absent-${at}`))
        yield* stranger.says({
          type: "have",
          streams: Object.fromEntries(streams.map((stream) => [stream, 1])),
          more: false
        })
        yield* Effect.sleep("500 millis")
        assert.lengthOf(stranger.heard("want"), 256)
        let sent = 0
        while (sent < streams.length) {
          const asked = stranger.heard("want").slice(sent)
          assert.isNotEmpty(asked)
          yield* stranger.sends(...asked.map((want) => encodePost(post(want.stream, 1, "once"))))
          sent += asked.length
          yield* Effect.sleep("500 millis")
        }
        assert.sameMembers(
          stranger.heard("want").map((want) => want.stream),
          streams
        )
        yield* server.sees("Client absent-999: once")
        yield* one.sees("Client absent-999: once")
      }).pipe(Effect.scoped)
    )
  )

  story("gaps in streams that there are not", (world) =>
    chat(world, () =>
      Effect.gen(function* () {
        const stranger = yield* joinAs(world, peer("x", 7_000))
        for (let n = 0; n <= 16_384; n += 1) yield* stranger.says({ type: "gap", stream: authors(n), to: n + 1 })
        assert.strictEqual((yield* stranger.hears("dropped")).limit, "streams")
      }).pipe(Effect.scoped)
    )
  )
})

describe("nobody sends a node where it should not go:", () => {
  story("foreign hosts, ports of the system, its own address", (world) =>
    chat(world, () =>
      Effect.gen(function* () {
        const dialled: Array<string> = []
        const at = (host: string, port: number): Address => ({ host: Host.make(host), port: Port.make(port) })
        const traps: Readonly<Record<string, Address>> = {
          foreign: at("10.0.0.9", 7_001),
          name: at("example.org", 7_002),
          system: at("localhost", 1_023),
          near: at("localhost", 7_003)
        }
        for (const [name, address] of Object.entries(traps)) {
          yield* listen(world.network.transport(name), address, () =>
            Effect.zipRight(
              Effect.sync(() => dialled.push(name)),
              Effect.never
            )
          )
        }
        const stranger = yield* joinAs(world, peer("x", 22))
        const peers = [...Object.entries(traps), ["itself", at("localhost", 4_000)] as const].map(([name, address]) =>
          listed({ id: id(name), role: "client", address })
        )
        yield* stranger.says({ type: "roster", peers }, { type: "introduce", peers })
        // It vanishes, and left an address where a service of the system would be.
        yield* world.network.crash("stranger x")
        yield* Effect.sleep("30 seconds")
        assert.deepStrictEqual([...new Set(dialled)], ["near"])
      }).pipe(Effect.scoped)
    )
  )
})

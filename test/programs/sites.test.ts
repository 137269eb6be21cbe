/** One chat over several sites: each is a server and the clients near it, and servers are linked with each other. */
import { assert, describe } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { Site } from "../../src/domain/Site.ts"
import { furtherSite, ownSite } from "./secureSites.ts"
import { type Node, secureStory, story, type World } from "./World.ts"

const nameOf = ({ name }: Node): string => (name.startsWith("Server-") ? `Server ${name.slice(7)}` : `Client ${name}`)

/** Each says a line, which all others see, once. */
const talk = (all: ReadonlyArray<Node>, word: string) =>
  Effect.gen(function* () {
    for (const node of all) yield* node.type(`${word} of ${node.name}`)
    for (const node of all) {
      const line = `${nameOf(node)}: ${word} of ${node.name}`
      for (const other of all) {
        if (other === node) continue
        yield* other.sees(line)
        assert.strictEqual((yield* other.screen).filter((each) => each === line).length, 1)
      }
    }
  })

/** Two sites with two clients each, who know of each other. */
const twoSites = (world: World) =>
  Effect.gen(function* () {
    const east = yield* world.site("east", 4000)
    const one = yield* world.client("1", { server: 4000 })
    yield* east.sees("Client 1: initiated")
    const west = yield* world.site("west", 4100)
    yield* east.sees("Server west: initiated")
    yield* west.sees("Server east: initiated", "Client 1: initiated")
    const two = yield* world.client("2", { server: 4000 })
    yield* one.sees("Server west: initiated", "Client 2: initiated")
    const [three, four] = [yield* world.client("3", { server: 4100 }), yield* world.client("4", { server: 4100 })]
    yield* west.sees("Client 2: initiated", "Client 3: initiated", "Client 4: initiated")
    for (const near of [one, two]) yield* near.sees("Client 3: initiated", "Client 4: initiated")
    yield* three.sees("Client 4: initiated")
    yield* four.sees("Client 3: initiated")
    for (const near of [three, four]) yield* near.sees("* Server east takes part, and Client 1 and Client 2 through it")
    return { east, west, one, two, three, four }
  })

describe("sites", () => {
  story("all talk with all, and see where each is", (world) =>
    Effect.gen(function* () {
      const { east, four, one, three, two, west } = yield* twoSites(world)
      yield* talk([east, west, one, two, three, four], "hello")
      // What a server has of another site, its clients have at once: they need not ask for it.
      yield* three.type("handed on")
      yield* east.sees("Client 3: handed on")
      yield* Effect.sleep("10 millis")
      for (const near of [one, two]) assert.include(yield* near.screen, "Client 3: handed on")
      yield* one.type("/msg 3 between us")
      yield* one.sees(
        "* Client 3 takes part through Server west: in a chat that is not encrypted, private lines go over direct links alone."
      )
      yield* one.type("/status")
      yield* one.sees("* The server is up.", "* Heard from other sites: 3, through Server west.")
      yield* one.type("/who")
      yield* one.sees("* Server west, of another site, since 2026-01-01 00:00:00")
      yield* one.sees("* Client 3, through Server west, since 2026-01-01 00:00:00")
      assert.include(yield* one.screen, "* Client 2, localhost:6002, direct, 0.0 ms, since 2026-01-01 00:00:00")
    })
  )

  story("a site whose server dies goes on talking, and is with the others again through another server", (world) =>
    Effect.gen(function* () {
      const { east, four, one, three, two, west } = yield* twoSites(world)
      yield* talk([east, west, one, two, three, four], "before")
      yield* west.kill
      yield* three.type("without a gap")
      yield* Effect.sleep("100 millis")
      assert.include(yield* four.screen, "Client 3: without a gap")
      const lost = "* Server west is lost: the connection broke; the chat goes on without it"
      for (const orphan of [three, four]) yield* orphan.sees(lost)
      const began = yield* Clock.currentTimeMillis
      yield* east.sees("Client 3: reconnected", "Client 4: reconnected")
      for (const orphan of [three, four]) yield* orphan.sees("* Server east is back", "* Client 1 is back")
      assert.isBelow((yield* Clock.currentTimeMillis) - began, 5_000)
      yield* talk([east, one, two, three, four], "after")
      for (const each of [east, one, two]) yield* each.sees("Client 3: without a gap")

      const again = yield* world.site("west", 4100)
      yield* again.sees("Server east: initiated", "Client 3: reconnected", "Client 4: reconnected")
      yield* talk([east, again, one, two, three, four], "together again")

      // They go home: their own server has them alone, and nobody reads that they were gone.
      yield* Effect.sleep("3 seconds")
      for (const orphan of [three, four]) {
        yield* orphan.type("/who")
        yield* orphan.sees("* Server east, of another site, since 2026-01-01 00:00:00")
      }
      yield* east.type("/who")
      yield* east.sees(
        "* Client 3, through Server west, since 2026-01-01 00:00:00",
        "* Client 4, through Server west, since 2026-01-01 00:00:00"
      )
      yield* again.type("/who")
      for (const [name, port] of [
        ["3", 6003],
        ["4", 6004]
      ] as const) {
        yield* again.sees(`* Client ${name}, localhost:${port}, direct, 0.0 ms, since 2026-01-01 00:00:03`)
      }
      yield* talk([east, again, one, two, three, four], "at home")
      for (const each of [east, again, one, two, three, four]) {
        const lines = (yield* each.screen).join("\n")
        for (const orphan of ["3", "4"]) assert.notMatch(lines, new RegExp(`Client ${orphan} (left|is lost at)`))
        assert.notInclude(lines, "Server east is lost")
      }
      // Whoever leaves now has left for all.
      yield* three.type("Exit")
      for (const each of [east, again, one, two, four]) yield* each.sees("* Client 3 left")
    })
  )

  story("of three sites, each hears of who goes from one to another, and hears it once", (world) =>
    Effect.gen(function* () {
      const { east, four, one, three, two, west } = yield* twoSites(world)
      const south = yield* world.site("south", 4200)
      for (const each of [one, two, three, four]) yield* each.sees("Server south: initiated")
      const five = yield* world.client("5", { server: 4200 })
      for (const each of [one, two, three, four]) yield* each.sees("Client 5: initiated")
      yield* five.sees("* Server east takes part, and Client 1 and Client 2 through it")
      yield* talk([east, west, south, one, two, three, four, five], "before")
      yield* west.kill
      yield* five.sees("* Server west is out of reach, and Client 3 and Client 4 with it")
      // Their server told them of two others: each finds one, perhaps not the same.
      yield* five.sees("* Client 3 is back", "* Client 4 is back")
      yield* talk([east, south, one, two, three, four, five], "after")
      yield* three.type("Exit")
      for (const each of [east, south, one, two, five]) yield* each.sees("* Client 3 left")
      assert.lengthOf(
        (yield* five.screen).filter((line) => line === "* Client 3 left"),
        1
      )
    })
  )

  story("sites that are cut from each other talk each by itself, and have the same lines when it heals", (world) =>
    Effect.gen(function* () {
      const { east, four, one, three, two, west } = yield* twoSites(world)
      const isEast = (name: string) => ["Server-east", "1", "2"].includes(name)
      yield* world.network.cut((from, to) => isEast(from) !== isEast(to))
      yield* one.sees("* Server west is out of reach, and Client 3 and Client 4 with it")
      yield* three.sees("* Server east is out of reach, and Client 1 and Client 2 with it")
      yield* Effect.all([talk([east, one, two], "among us"), talk([west, three, four], "among ourselves")])
      yield* Effect.sleep("1 minute")
      yield* world.network.heal
      yield* one.sees(
        "* Server west takes part again, and Client 3 and Client 4 through it",
        "Client 4: among ourselves of 4"
      )
      yield* three.sees("Client 2: among us of 2")
      yield* talk([east, west, one, two, three, four], "together again")
    })
  )

  story("a client that is told of two servers comes in through the one that is there", (world) =>
    Effect.gen(function* () {
      yield* world.site("east", 4000)
      const one = yield* world.client("1", { server: 4100, others: [4000] })
      yield* one.sees("Client 1: initiated")
      const west = yield* world.site("west", 4100)
      yield* west.sees("Server east: initiated", "Client 1: initiated")
      yield* talk([west, one], "hello")
      // Its own server did not know it: it has dialled that by itself.
      yield* west.sees("Client 1: reconnected")
      yield* Effect.sleep("3 seconds")
      yield* west.type("/who")
      yield* west.sees("* Client 1, localhost:6001, direct, 0.0 ms, since 2026-01-01 00:00:00")
      yield* one.type("/who")
      yield* one.sees("* Server east, of another site, since 2026-01-01 00:00:00")
      yield* talk([west, one], "at home")
    })
  )

  story(
    "rooms reach over sites, and who is in them",
    (world) =>
      Effect.gen(function* () {
        const { four, one, three, two } = yield* twoSites(world)
        yield* one.type("/join ops")
        yield* three.type("/join ops")
        yield* three.type("in a room")
        yield* one.sees("Client 3: in a room")
        yield* one.type("/who ops")
        yield* one.sees("* Client 3, through Server west, since 2026-01-01 00:00:00")
        yield* two.type("/rooms")
        for (const outside of [two, four]) assert.notInclude((yield* outside.screen).join("\n"), "in a room")
      }),
    { carries: "all" }
  )

  story(
    "servers of sites do not keep each other in rooms that are empty: these make way for others",
    (world) =>
      Effect.gen(function* () {
        const east = yield* world.site("east", 4000)
        const west = yield* world.site("west", 4100)
        yield* west.sees("Server east: initiated")
        yield* east.sees("Server west: initiated")
        const one = yield* world.client("1", { server: 4000 })
        const two = yield* world.client("2", { server: 4100, history: 5 })
        yield* one.sees("Client 2: initiated")
        yield* two.sees("Client 1: initiated")
        for (const room of ["a", "b"]) {
          yield* one.type(`/join ${room}`)
          yield* Effect.sleep("2 seconds")
          yield* one.type(`/leave ${room}`)
          yield* Effect.sleep("2 seconds")
        }
        yield* one.type("/join c")
        yield* Effect.sleep("2 seconds")
        yield* one.type("kept by both servers")
        yield* Effect.sleep("2 seconds")
        yield* one.type("Exit")
        yield* one.ended
        yield* east.kill
        yield* two.type("/join c")
        yield* two.sees("(earlier) Client 1: kept by both servers")
      }),
    { carries: "all", limits: { rooms: 2 } }
  )

  secureStory("a secure chat: the owner invites further servers, whose members hear each other", (world) =>
    Effect.gen(function* () {
      const own = yield* ownSite(world)
      const { east } = own

      // An invitation for people lets in no server, and that of one site none of another.
      for (const link of [
        yield* world.safe.inviteBy("Server-east"),
        yield* world.safe.inviteBy("Server-east", "south")
      ]) {
        const stranger = yield* world.site("west", 4100, link)
        yield* Effect.sleep("10 seconds")
        assert.notInclude((yield* east.screen).join("\n"), "Server west")
        yield* stranger.type("Exit")
        yield* stranger.ended
      }
      const { one, two, west } = yield* furtherSite(world, own)
      yield* talk([east, west, one, two], "hello")
      // Each server has told the other the key with which it seals what it publishes.
      for (const [at, other] of [
        ["east", "west"],
        ["west", "east"]
      ] as const) {
        const keys = [...(world.keysLearned.get(Site.make(at)) ?? [])]
        assert.deepStrictEqual(keys, [Buffer.alloc(32, other).toString("base64url")])
      }

      yield* two.type("/msg 1 between us")
      yield* one.sees("(private) Client 2: between us")
      yield* one.type("/msg 2 yes")
      yield* two.sees("(private) Client 1: yes")
      for (const other of [east, west]) assert.notInclude((yield* other.screen).join("\n"), "between us")

      yield* west.type("/kick 1")
      yield* west.sees("* Only the server of a secure chat decides who takes part in it.")
      yield* west.kill
      yield* two.sees("* Server east is back")
      yield* talk([east, one, two], "after")
    })
  )
})

/** Files between the sites of one chat: whoever fetches has no link to whoever has them. */
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { content, fetches, offers } from "./Fetched.ts"
import { secureStory, story, type World } from "./World.ts"

/** Two sites, each with a client: `one` at east, `two` at west. They know of each other. */
const twoSites = (world: World) =>
  Effect.gen(function* () {
    const east = yield* world.site("east", 4000)
    const one = yield* world.client("1", { server: 4000 })
    yield* east.sees("Client 1: initiated")
    const west = yield* world.site("west", 4100)
    yield* west.sees("Server east: initiated", "Client 1: initiated")
    const two = yield* world.client("2", { server: 4100 })
    yield* one.sees("Client 2: initiated")
    yield* two.sees("* 2 nodes (Server-east, 1) take part through Server east")
    return { east, west, one, two }
  })

/** A secure chat of two such sites. */
const twoSecureSites = (world: World) =>
  Effect.gen(function* () {
    const east = yield* world.site("east", 4000)
    const one = yield* world.client("1", { link: yield* world.safe.inviteBy("Server-east") })
    yield* east.sees("Client 1: initiated")
    const before = yield* world.client("2", { link: yield* world.safe.inviteBy("Server-east") })
    yield* east.sees("Client 2: initiated")
    const west = yield* world.site("west", 4100, yield* world.safe.inviteBy("Server-east", "west"))
    yield* east.sees("Server west: initiated")
    yield* before.sees("Server west: initiated")
    yield* before.type("Exit")
    yield* before.ended
    const two = yield* world.client("2", { server: 4100 })
    yield* west.sees("Client 2: initiated")
    yield* one.sees("Client 2: initiated")
    return { east, west, one, two }
  })

describe("files over sites", () => {
  story("a member of one site fetches what a member of another one has, and so do the servers, both ways", (world) =>
    Effect.gen(function* () {
      const { east, one, two, west } = yield* twoSites(world)
      const bytes = content(5)
      const offer = yield* offers(world, one, "a.bin", bytes)
      yield* fetches(world, two, offer, bytes)
      assert.deepStrictEqual([...(yield* two.files).holders(offer.digest).keys()], [one.name])
      yield* fetches(world, west, offer, bytes)
      const other = content(2)
      const back = yield* offers(world, west, "b.bin", other)
      yield* fetches(world, one, back, other)
      yield* fetches(world, east, back, other)
      const empty = yield* offers(world, two, "empty", new Uint8Array(0))
      yield* fetches(world, one, empty, new Uint8Array(0))
    })
  )

  secureStory("the same in a secure chat", (world) =>
    Effect.gen(function* () {
      const { east, one, two } = yield* twoSecureSites(world)
      const bytes = content(5)
      const offer = yield* offers(world, one, "a.bin", bytes)
      yield* fetches(world, two, offer, bytes)
      yield* fetches(world, one, yield* offers(world, two, "b.bin", bytes), bytes)
      yield* fetches(world, two, yield* offers(world, east, "c.bin", bytes), bytes)
    })
  )
})

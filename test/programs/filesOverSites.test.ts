/** Files between the sites of one chat: whoever fetches has no link to whoever has them. */
import { assert, describe } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { frameOn } from "../../layers/files/Intake.ts"
import { keyOf, proofOf } from "../../layers/files/Keys.ts"
import { say } from "../../layers/files/Saying.ts"
import { pieceBytes } from "../../src/domain/Manifest.ts"
import type { Offer } from "../../src/domain/Offer.ts"
import { epochIn, mainRoom, StreamId } from "../../src/domain/Post.ts"
import { protocolVersion } from "../../src/protocol/Frame.ts"
import { epoch, id, peer } from "../support/samples.ts"
import { content, expects, fetches, isWhole, offers, until } from "./Fetched.ts"
import * as Stranger from "./Stranger.ts"
import { furtherSite, ownSite } from "./secureSites.ts"
import { type Node, secureStory, story, type World } from "./World.ts"

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
    yield* two.sees("* Server east takes part, and Client 1 through it")
    return { east, west, one, two }
  })

/** A secure chat of two such sites. */
const twoSecureSites = (world: World) => Effect.flatMap(ownSite(world), (own) => furtherSite(world, own))

/** A member of west who knows the offer of `one`: with its own key, it is served under its own name alone. */
const hasOneName = (world: World, one: Node, two: Node, offer: Offer) =>
  Effect.gen(function* () {
    const three = yield* world.client("3", { link: yield* world.safe.inviteBy("Server-east") })
    yield* two.sees("Client 3: initiated")
    yield* three.type("Exit")
    yield* three.ended
    yield* two.type("hello")
    yield* one.sees("Client 2: hello")
    const { key: ownKey } = world.safe.of(id("3")).identity
    const member = yield* Stranger.joinAs(world, peer("3", 6003), 4100, { key: ownKey })
    const { chat } = yield* member.hears("welcome")
    const streams = (yield* member.hears("have")).streams
    const runOf = (name: string) => Object.keys(streams).find((stream) => stream.startsWith(`${name}/${mainRoom}/`))
    const runOfTwo = epochIn(StreamId.make(runOf("2") ?? assert.fail("client 2 has said nothing")))
    const key = keyOf(offer.digest)
    yield* member.says({ type: "seek", key })
    yield* member.hears("holds")
    const served = (name: string, run = Stranger.epoch) =>
      Effect.gen(function* () {
        const transport = world.network.transport("somewhere", { key: ownKey })
        const below = yield* transport.dial(peer("Server-west", 4100).address)
        const visit = { protocol: protocolVersion, chat, key }
        const own = { ...visit, id: id("3"), epoch: Stranger.epoch, to: id("Server-west") }
        say(below, { type: "connect", ...own, with: id("1"), for: id("3") })
        assert.strictEqual((yield* frameOn(below)).frame.type, "connected")
        const within = yield* transport.within(below, "dialled")
        const proof = proofOf(offer.digest, id(name), run, id("1"))
        say(within, { type: "fetch", ...visit, id: id(name), epoch: run, to: id("1"), proof })
        return (yield* frameOn(within)).frame.type
      }).pipe(Effect.scoped, Effect.orDie)
    assert.strictEqual(yield* served("2", runOfTwo), "refused", "in the name of another")
    assert.strictEqual(yield* served("3", epoch(1)), "refused", "as a run that nobody knows")
    assert.strictEqual(yield* served("3"), "serving")
  }).pipe(Effect.scoped, Effect.orDie)

describe("files over sites", () => {
  story("a member of one site fetches what a member of another one has, and so do the servers, both ways", (world) =>
    Effect.gen(function* () {
      const { east, one, two, west } = yield* twoSites(world)
      const bytes = content(3)
      const offer = yield* offers(world, one, "a.bin", bytes)
      yield* fetches(world, two, offer, bytes)
      assert.deepStrictEqual([...(yield* two.files).holders(offer.digest).keys()], [one.name])
      yield* fetches(world, west, offer, bytes)
      const other = content(1)
      const back = yield* offers(world, west, "b.bin", other)
      yield* fetches(world, one, back, other)
      yield* fetches(world, east, back, other)
      // Its server can't dial it: it is called, and comes by itself.
      yield* world.network.block((from, to) => from === "Server-east" && to === "1")
      yield* fetches(world, two, yield* offers(world, one, "c.bin", other), other)
      const empty = yield* offers(world, two, "empty", new Uint8Array(0))
      yield* fetches(world, one, empty, new Uint8Array(0))
    })
  )

  secureStory("the same in a secure chat", (world) =>
    Effect.gen(function* () {
      const { east, one, two } = yield* twoSecureSites(world)
      const bytes = content(3)
      const offer = yield* offers(world, one, "a.bin", bytes)
      yield* fetches(world, two, offer, bytes)
      yield* fetches(world, one, yield* offers(world, two, "b.bin", bytes), bytes)
      yield* world.network.block((from, to) => from === "Server-east" && to === "1")
      yield* fetches(world, two, yield* offers(world, one, "c.bin", bytes), bytes)
      yield* world.network.block(() => false)
      yield* fetches(world, two, yield* offers(world, east, "d.bin", bytes), bytes)
      yield* hasOneName(world, one, two, offer)
    })
  )

  story(
    "the way between the sites is cut, then a server dies and its client goes to the other one: the file comes whole",
    (world) =>
      Effect.gen(function* () {
        const { east, one, two } = yield* twoSites(world)
        const bytes = content(16)
        const offer = yield* offers(world, one, "a.bin", bytes)
        const files = yield* two.files
        const fetched = yield* expects(files, "Fetched")
        const waiting = yield* expects(files, "Waiting")
        const began = yield* Clock.currentTimeMillis
        assert.isTrue(yield* files.fetch(offer))
        yield* until(files, offer, ({ bytes }) => bytes >= 7 * pieceBytes)
        // The servers pass on four pieces a second.
        assert.isAtLeast((yield* Clock.currentTimeMillis) - began, 1_500)
        const isEast = (name: string) => ["Server-east", "1"].includes(name)
        yield* world.network.cut((from, to) => isEast(from) !== isEast(to))
        yield* waiting
        yield* world.network.heal
        yield* until(files, offer, ({ bytes }) => bytes >= 11 * pieceBytes)
        yield* east.kill
        yield* one.sees("* Server west is back")
        yield* fetched
        isWhole(world, two, offer, bytes)
      }),
    { gateway: { bytesPerSecond: 4 * pieceBytes } }
  )
})

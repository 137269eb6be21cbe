/** What a node believes of other sites, and who may come as their server. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as TestClock from "effect/TestClock"
import { isDialable } from "../../src/domain/Peer.ts"
import { mainRoom } from "../../src/domain/Post.ts"
import { farAddress, Site } from "../../src/domain/Site.ts"
import type { Control, Frame, SiteFrame } from "../../src/protocol/Frame.ts"
import { encodePost } from "../../src/protocol/Frame.ts"
import { epoch, id, peer, post, stream } from "../support/samples.ts"
import { make } from "./ServerWithVisitors.ts"

const calm = { silence: "1 hour" } as const
const west = Site.make("west")

/** A client, at which anybody may call; and the server of a site. */
const client = make(calm, undefined, [], peer("3", 6003))
const east = make(calm, undefined, [], peer("Server-east", 4000))
type World = Effect.Effect.Success<typeof client>

const soon = TestClock.adjust("1 second")

const site = (here: ReadonlyArray<string>, more: Partial<SiteFrame> = {}): SiteFrame => ({
  type: "site",
  site: west,
  here: here.map((name) => ({ id: id(name), epoch: epoch(7), rooms: [] })),
  gone: [],
  lost: [],
  ...more
})

const typesOf = (frames: ReadonlyArray<Frame>) => frames.map(({ type }) => type)

/** Whom people see at other sites. */
const farFrom = ({ status }: World) =>
  Effect.map(status.peerStatuses, (all) => all.filter((each) => each.site !== undefined).map((each) => each.peer.id))

const fromWest = (world: World) => world.visit("Server-west", undefined, 1, "server", true, west)

describe("members of other sites", () => {
  it.scoped("are those that a server names; nobody else's word counts, and no site has another's server", () =>
    Effect.gen(function* () {
      const node = yield* client
      const server = yield* node.visit("Server")
      const other = yield* node.visit("4")
      yield* soon
      other.say(site(["7"]))
      server.say(site(["8", "3", "4", "Server", "Server-east", "Server-west"]))
      yield* soon
      assert.deepStrictEqual(yield* farFrom(node), [id("8"), id("Server-west")])
      yield* other.close
      yield* soon
      assert.deepStrictEqual(
        yield* farFrom(node),
        ["8", "4", "Server-west"].map(id),
        "whose link is gone is heard there"
      )
      server.say(site([], { gone: [id("8")] }))
      yield* soon
      assert.deepStrictEqual(yield* farFrom(node), ["4", "Server-west"].map(id))
      server.say(site([], { lost: [id("Server-west")] }))
      yield* soon
      assert.isEmpty(yield* farFrom(node), "a site without its server is out of reach")
    })
  )

  it.scoped("are gone when no server tells of them, of those to which there is a link", () =>
    Effect.gen(function* () {
      const node = yield* client
      const servers = [yield* node.visit("Server-east"), yield* node.visit("Server-south")]
      yield* soon
      for (const { say } of servers) say(site(["8"]))
      yield* soon
      for (const [at, server] of servers.entries()) {
        assert.deepStrictEqual(yield* farFrom(node), [id("8")], `${at}`)
        yield* server.close
        yield* soon
      }
      assert.isEmpty(yield* farFrom(node))
    })
  )

  it.scoped("are believed up to 2,000", () =>
    Effect.gen(function* () {
      const node = yield* client
      const server = yield* node.visit("Server")
      yield* soon
      for (let at = 0; at < 12; at += 1) {
        server.say(site(Array.from({ length: 200 }, (_, n) => `n${at}-${n}`)))
        yield* soon
      }
      assert.lengthOf(yield* farFrom(node), 2_000)
    })
  )

  it.scoped("speak through the server that has told of them, and through no other peer", () =>
    Effect.gen(function* () {
      const node = yield* client
      const server = yield* node.visit("Server")
      const other = yield* node.visit("4")
      yield* soon
      server.say(site(["8", "4"]))
      yield* soon
      const said = (name: string, millis: number) => encodePost(post(stream(name, millis), 1, "psst"))
      other.put(said("8", 7))
      server.put(said("8", 6), said("4", 7), said("9", 7))
      yield* soon
      assert.isEmpty((yield* node.log.recent(9)).map(({ stream }) => stream))
      server.put(said("8", 7))
      yield* soon
      assert.deepStrictEqual(
        (yield* node.log.recent(9)).map((each) => each.stream),
        [stream("8", 7)]
      )
    })
  )
})

describe("the server of another site", () => {
  it.scoped("comes from afar, from its own site; nobody else does, and no server comes from near", () =>
    Effect.gen(function* () {
      const node = yield* east
      const wrong = [
        yield* node.visit("Server-west"),
        yield* node.visit("Server-south", undefined, 1, "server", true, west),
        yield* node.visit("7", undefined, 1, "client", true, west),
        yield* node.visit("Server", undefined, 1, "server", true, west)
      ]
      yield* soon
      for (const { heard } of wrong) {
        assert.deepStrictEqual(typesOf(heard), ["refused"])
        assert.deepInclude(heard[0], { reason: "mistaken" })
      }
      const right = yield* fromWest(node)
      yield* soon
      assert.include(typesOf(right.heard), "welcome")
    })
  )

  it.scoped("hears who is near, is introduced to nobody, and tells of its own site alone", () =>
    Effect.gen(function* () {
      const node = yield* east
      const [one, server] = [yield* node.visit("1"), yield* fromWest(node)]
      yield* soon
      server.say(site(["8"]), site(["9"], { site: Site.make("south") }), site(["9"], { site: Site.make("east") }))
      // Who is near is not dialled because somebody far asks for it.
      const far: ReadonlyArray<Control> = [
        { type: "missing", peers: [{ id: id("1") }] },
        { type: "guests", here: [{ id: id("g"), epoch: epoch(1), rooms: [] }], gone: [] }
      ]
      server.say(...far)
      yield* soon
      assert.deepStrictEqual(yield* farFrom(node), [id("8")])
      assert.lengthOf(yield* node.status.peerStatuses, 3)
      const nearOnly = new Set<Frame["type"]>(["roster", "introduce", "missing", "left", "guests", "servers"])
      assert.isEmpty(typesOf(server.heard).filter((type) => nearOnly.has(type)))
      const near = server.heard.flatMap((frame) => (frame.type === "site" ? frame.here : []))
      assert.deepStrictEqual(near.map((each) => each.id).sort(), ["1", "Server-east"].map(id))
      const told = one.heard.flatMap((frame) => (frame.type === "site" ? frame.here : []))
      assert.deepStrictEqual(
        told.map((each) => each.id),
        [id("8")]
      )
      yield* one.close
      yield* soon
      const lost = server.heard.flatMap((frame) => (frame.type === "site" ? [...frame.lost, ...frame.gone] : []))
      assert.deepStrictEqual(lost, [id("1")])
    })
  )

  it.scoped("hears of guests as of everybody else near, and their lines are not pushed to it", () =>
    Effect.gen(function* () {
      const node = yield* east
      const [one, server] = [yield* node.visit("1"), yield* fromWest(node)]
      yield* soon
      const kim = Either.getOrThrow(node.guests.enter(id("kim")))
      yield* node.guests.join(kim, mainRoom)
      yield* node.guests.say(kim, mainRoom, ["hi"], node.log.screen)
      yield* soon
      const told = server.heard.flatMap((frame) => (frame.type === "site" ? frame.here : []))
      assert.deepInclude(told, { id: id("kim"), epoch: kim.epoch, rooms: [] })
      assert.include(typesOf(one.heard), "guests")
      assert.include(typesOf(one.heard), "post")
      for (const none of ["guests", "post"] as const) assert.notInclude(typesOf(server.heard), none)
      // What it has said is offered there, as everything is.
      const offered = server.heard.flatMap((frame) => (frame.type === "have" ? Object.keys(frame.streams) : []))
      assert.include(offered, `kim/main/${kim.epoch}`)
      node.guests.leave(kim, "")
      yield* soon
      const gone = server.heard.flatMap((frame) => (frame.type === "site" ? frame.gone : []))
      assert.deepStrictEqual(gone, [id("kim")])
    })
  )

  it("is at no address that a node dials because others name it", () => {
    assert.isFalse(isDialable(farAddress(west), peer("3", 6003, "10.0.0.3").address))
  })
})

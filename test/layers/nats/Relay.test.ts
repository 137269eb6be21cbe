/** Posts between sites, in virtual time. */
import { assert, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { describe } from "vitest"
import { nowhere as noJournal } from "../../../layers/log/Journal.ts"
import * as Log from "../../../layers/log/Log.ts"
import { encodeBlock } from "../../../layers/log/Sealing.ts"
import * as MemoryBus from "../../../layers/nats/MemoryBus.ts"
import * as Relay from "../../../layers/nats/Relay.ts"
import * as OpenMembership from "../../../layers/OpenMembership.ts"
import { Bus } from "../../../services/Bus.ts"
import { Guests } from "../../../services/Guests.ts"
import { Membership } from "../../../services/Membership.ts"
import { PeerMesh } from "../../../services/PeerMesh.ts"
import { Relay as RelayService } from "../../../services/Relay.ts"
import { ReplicaLog } from "../../../services/ReplicaLog.ts"
import { conversationOf } from "../../../src/domain/Conversation.ts"
import type { Keep } from "../../../src/domain/Keep.ts"
import type { PeerId } from "../../../src/domain/Peer.ts"
import { mainRoom, type Post, Room, type StreamId, streamOf } from "../../../src/domain/Post.ts"
import { Site, serverOf } from "../../../src/domain/Site.ts"
import { encodePosts } from "../../../src/protocol/Frame.ts"
import * as Relayed from "../../../src/protocol/Relayed.ts"
import { appended } from "../../support/appended.ts"
import { linesIn } from "../../support/bytes.ts"
import { epoch, id, post, stream } from "../../support/samples.ts"
import { blocksIn, framesOf, signer } from "../../support/signers.ts"
import { run } from "../../support/VirtualTime.ts"

const [east, west, north] = [Site.make("east"), Site.make("west"), Site.make("north")]
const ops = Room.make("ops")

interface Options {
  readonly keep?: Keep
  /** Who is linked with it. */
  readonly near?: ReadonlyArray<string>
  /** In a secure chat: whose key each author has. */
  readonly keys?: ReadonlyMap<PeerId, ReturnType<typeof signer>>
}

/** The log of a server of that site, and a relay between it and the message system. */
const server = (hub: MemoryBus.Hub, site: Site, { keep, keys, near = [] }: Options = {}) =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const self = serverOf(site)
    const bus = yield* hub.member(site)
    const sign = keys?.get(self)?.sign
    const open = Context.get(yield* Layer.build(OpenMembership.layer), Membership)
    const membership: Membership["Type"] =
      keys === undefined
        ? open
        : {
            ...open,
            sign,
            judge: (author, claim, sig) => (keys.get(author)?.sign(claim) === sig ? "proven" : "forged")
          }
    const log = yield* Scope.extend(Log.make({ author: self, rooms: [ops], sign }, noJournal), scope)
    const links = new Set(near.map(id))
    const mesh = { isPresent: (peer: PeerId) => links.has(peer) } as unknown as PeerMesh["Type"]
    const context = yield* Relay.layer({ id: self, site, ...(keep === undefined ? {} : { keep }) }).pipe(
      Layer.provide(
        Layer.mergeAll(
          Layer.succeed(Bus, bus),
          Layer.succeed(ReplicaLog, log),
          Layer.succeed(Guests, log.guests),
          Layer.succeed(PeerMesh, mesh),
          Layer.succeed(Membership, membership)
        )
      ),
      Layer.build,
      Scope.extend(scope)
    )
    yield* Effect.yieldNow()
    return {
      log,
      bus,
      links,
      tally: Context.get(context, RelayService).tally,
      /** What a client says there, over its link. */
      hear: (...posts: ReadonlyArray<Post>) => Effect.asVoid(log.receive(framesOf(linesIn(encodePosts(posts))))),
      /** All texts, in their order. */
      texts: () => Effect.map(log.recent(10_000, log.rooms), (posts) => posts.map(({ text }) => text)),
      stop: Scope.close(scope, Exit.void)
    }
  })

const posts = (of: StreamId, from: number, to: number): ReadonlyArray<Post> =>
  Array.from({ length: to - from + 1 }, (_, at) => post(of, from + at))

const lines = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => `line ${from + at}`)

const settled = Effect.sleep("10 seconds")

const holds = <E>(name: string, test: (hub: MemoryBus.Hub) => Effect.Effect<void, E, Scope.Scope>) =>
  it(name, () => {
    Exit.getOrElse(run(Effect.scoped(Effect.flatMap(MemoryBus.makeHub, test)), 1), (cause) => {
      throw Cause.squash(cause)
    })
  })

describe("Relay", () => {
  holds("what the server, its clients and its guests say comes to all other sites, in all rooms, and not back", (hub) =>
    Effect.gen(function* () {
      const [here, there, third] = [
        yield* server(hub, east, { near: ["anna"] }),
        yield* server(hub, west),
        yield* server(hub, north)
      ]
      yield* here.hear(...posts(stream("anna"), 1, 3))
      yield* here.hear(post(streamOf(id("anna"), ops, epoch(1)), 1, "to ops"))
      yield* here.log.say(mainRoom, ["from the server"])
      const guest = here.log.guests.enter(id("bo"))
      assert.strictEqual(guest._tag, "Right")
      yield* settled
      for (const other of [there, third]) {
        assert.sameMembers([...(yield* other.texts())], [...lines(1, 3), "to ops", "from the server"])
        assert.deepInclude(other.tally(), { published: 0, waiting: 0, received: 5, doubles: 0, refused: 0 })
      }
      assert.deepInclude(here.tally(), { published: 5, waiting: 0, received: 0 })
      // What came from another site is published by nobody else.
      yield* there.hear(post(stream("carol"), 1, "a stranger, without a link"))
      yield* settled
      assert.strictEqual(hub.stored().length, 3)
      assert.deepStrictEqual([...new Set(hub.stored().map(({ subject }) => subject))].toSorted(), [
        "post.east.main",
        "post.east.ops"
      ])
    })
  )

  holds(
    "a line goes out within the step in which it is heard, and what is said until it is acknowledged goes together",
    (hub) =>
      Effect.gen(function* () {
        yield* hub.trouble((leg) => ({ copies: 1, after: leg === "appended" ? 5 : 0 }))
        const here = yield* server(hub, east, { near: ["anna"] })
        const there = yield* server(hub, west)
        const appended: Array<string> = []
        const { append } = here.bus
        Object.assign(here.bus, {
          append: (...args: Parameters<typeof append>) => {
            appended.push(args[1])
            append(...args)
          }
        })
        for (let n = 1; n <= 10; n += 1) {
          assert.isDefined(here.log.receiveNow(framesOf(linesIn(encodePosts([post(stream("anna"), n)])))))
          assert.strictEqual(appended.length, 1)
        }
        yield* settled
        assert.strictEqual(appended.length, 2)
        assert.strictEqual(there.log.have(stream("anna")), 10)
        assert.strictEqual(there.tally().received, 10)
      })
  )

  holds("many lines go in few messages, of bounded size, and whole", (hub) =>
    Effect.gen(function* () {
      yield* hub.trouble((leg) => ({ copies: 1, after: leg === "appended" ? 5 : 0 }))
      const [here, there] = [yield* server(hub, east, { near: ["anna", "bo"] }), yield* server(hub, west)]
      const [anna, bo] = [stream("anna"), stream("bo")]
      for (let from = 1; from <= 2_000; from += 100) {
        yield* here.hear(...posts(anna, from, from + 99))
        yield* here.hear(...posts(bo, from, from + 99))
      }
      yield* settled
      assert.strictEqual(there.log.have(anna), 2_000)
      assert.strictEqual(there.log.have(bo), 2_000)
      assert.isAtMost(hub.stored().length, 9)
      for (const { bytes } of hub.stored()) assert.isAtMost(bytes.length, 131_200)
    })
  )

  holds("while NATS is away, what is said waits in the log, and comes once when it is back", (hub) =>
    Effect.gen(function* () {
      const [here, there] = [yield* server(hub, east, { near: ["anna"] }), yield* server(hub, west)]
      const anna = stream("anna")
      yield* hub.cut((member) => member === "east")
      yield* here.hear(...posts(anna, 1, 500))
      yield* here.hear(...posts(anna, 501, 1_000))
      yield* Effect.sleep("1 minute")
      assert.deepInclude(here.tally(), { published: 0, waiting: 1 })
      yield* hub.cut()
      yield* settled
      assert.deepStrictEqual([...(yield* there.texts())].length, 1_000)
      assert.deepInclude(here.tally(), { published: 1_000, waiting: 0 })
      assert.deepInclude(there.tally(), { received: 1_000, doubles: 0 })
    })
  )

  holds("what is not acknowledged is published again, and shown once", (hub) =>
    Effect.gen(function* () {
      const [here, there] = [yield* server(hub, east, { near: ["anna"] }), yield* server(hub, west)]
      const anna = stream("anna")
      let left = 2
      yield* hub.trouble((leg) =>
        leg === "acknowledged" && left-- > 0
          ? { copies: 0, after: 0 }
          : { copies: leg === "followed" ? 2 : 1, after: 0 }
      )
      yield* here.hear(...posts(anna, 1, 3))
      yield* Effect.sleep("5 seconds")
      yield* here.hear(...posts(anna, 4, 5))
      yield* Effect.sleep("1 minute")
      assert.deepStrictEqual(yield* there.texts(), lines(1, 5))
      assert.strictEqual(here.tally().published, 5)
      assert.isAtLeast(there.tally().doubles, 5)
    })
  )

  holds("what two servers publish of one client keeps nothing back that one of them publishes with it", (hub) =>
    Effect.gen(function* () {
      const [here, there, third] = [
        yield* server(hub, east, { near: ["anna", "bo"] }),
        yield* server(hub, west, { near: ["anna", "cem"] }),
        yield* server(hub, north)
      ]
      yield* hub.cut(() => true)
      yield* here.hear({ ...post(stream("bo"), 1), text: "at the one" })
      yield* there.hear({ ...post(stream("cem"), 1), text: "at the other" })
      for (const each of [here, there]) yield* each.hear({ ...post(stream("anna"), 1), text: "at both" })
      yield* hub.cut()
      yield* settled
      assert.deepStrictEqual((yield* third.texts()).toSorted(), ["at both", "at the one", "at the other"])
    })
  )

  holds("what is not stored at all is not counted as published", (hub) =>
    Effect.gen(function* () {
      const [here, there] = [yield* server(hub, east, { near: ["anna"] }), yield* server(hub, west)]
      yield* hub.trouble((leg) => ({ copies: leg === "appended" ? 0 : 1, after: 0 }))
      yield* here.hear(...posts(stream("anna"), 1, 3))
      yield* Effect.sleep("5 seconds")
      assert.deepInclude(here.tally(), { published: 0, waiting: 1 })
      yield* hub.trouble()
      yield* Effect.sleep("1 minute")
      assert.deepStrictEqual(yield* there.texts(), lines(1, 3))
    })
  )

  holds("messages that overtake each other are delivered in order", (hub) =>
    Effect.gen(function* () {
      const [here, there] = [yield* server(hub, east, { near: ["anna"] }), yield* server(hub, west)]
      const delays = [900, 100, 500, 0]
      yield* hub.trouble((leg) => ({ copies: 1, after: leg === "followed" ? (delays.shift() ?? 0) : 0 }))
      for (const at of [1, 3, 5, 7]) {
        yield* here.hear(...posts(stream("anna"), at, at + 1))
        yield* Effect.sleep("10 millis")
      }
      yield* settled
      assert.deepStrictEqual((yield* there.texts()).toReversed(), lines(1, 8).toReversed())
    })
  )

  holds("a server that comes back reads on where it was, if it has kept the place; else from now on", (hub) =>
    Effect.gen(function* () {
      let kept: string | undefined
      const keep: Keep = {
        load: Effect.sync(() => kept),
        save: (text) =>
          Effect.sync(() => {
            kept = text
          })
      }
      const here = yield* server(hub, east, { near: ["anna"] })
      const before = yield* server(hub, west, { keep })
      yield* here.hear(...posts(stream("anna"), 1, 2))
      yield* settled
      yield* before.stop
      yield* here.hear(...posts(stream("anna"), 3, 4))
      yield* settled
      const [after, without] = [yield* server(hub, west, { keep }), yield* server(hub, north)]
      yield* settled
      assert.deepInclude(after.tally(), { received: 2, doubles: 0 })
      assert.strictEqual(without.tally().received, 0)
    })
  )

  holds("what a server has heard last is published although it ends at once", (hub) =>
    Effect.gen(function* () {
      const [here, there] = [yield* server(hub, east, { near: ["anna"] }), yield* server(hub, west)]
      yield* here.hear(...posts(stream("anna"), 1, 3))
      yield* here.stop
      yield* settled
      assert.deepStrictEqual(yield* there.texts(), lines(1, 3))
    })
  )

  holds(
    "nobody at the message system speaks for those who are here, nor in private, nor in a room that is not here",
    (hub) =>
      Effect.gen(function* () {
        const there = yield* server(hub, west, { near: ["anna"] })
        const forger = yield* hub.member("forger")
        const forged = [
          stream("anna"),
          there.log.streamIn(mainRoom),
          streamOf(id("bo"), conversationOf(id("bo"), serverOf(west)), epoch(1)),
          streamOf(id("bo"), Room.make("elsewhere"), epoch(1))
        ]
        for (const [at, each] of forged.entries()) {
          yield* appended(
            forger,
            "post.east.main",
            `${at}`,
            Relayed.encode(east, [encodePosts([post(each, 1, "forged")])])
          )
        }
        for (const [at, bytes] of [[], [0], [1], [1, 200], [1, 4, ...Buffer.from("east{}")]].entries()) {
          yield* appended(forger, "post.east.main", `x${at}`, Uint8Array.from(bytes))
        }
        yield* settled
        assert.deepStrictEqual(yield* there.texts(), [])
        assert.deepInclude(there.tally(), { received: 0, refused: 3 })
      })
  )

  holds("in a secure chat nothing is believed but what its author has signed, whole", (hub) =>
    Effect.gen(function* () {
      const anna = stream("anna")
      const keys = new Map([
        [id("anna"), signer(1)],
        [serverOf(east), signer(2)],
        [serverOf(west), signer(3)]
      ])
      const [here, there] = [yield* server(hub, east, { near: ["anna"], keys }), yield* server(hub, west, { keys })]
      const sealed = linesIn(encodeBlock(posts(anna, 1, 3), signer(1).sign))
      yield* here.log.receive(blocksIn(sealed))
      yield* here.log.say(mainRoom, ["from the server"])
      yield* settled
      assert.sameMembers([...(yield* there.texts())], [...lines(1, 3), "from the server"])
      const forger = yield* hub.member("forger")
      const next = linesIn(encodeBlock(posts(anna, 4, 6), signer(1).sign))
      const changed = linesIn(encodeBlock(posts(anna, 4, 6), signer(4).sign))
      for (const [at, each] of [next.slice(0, 2), next.slice(1), changed].entries()) {
        yield* appended(forger, "post.east.main", `${at}`, Relayed.encode(east, [...each]))
      }
      yield* settled
      assert.lengthOf(yield* there.texts(), 4)
      assert.deepInclude(there.tally(), { received: 4, refused: 7 })
    })
  )
})

import { assert, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { describe } from "vitest"
import * as ScriptedConsole from "../../../layers/console/ScriptedConsole.ts"
import * as MemoryPortStore from "../../../layers/MemoryPortStore.ts"
import * as Members from "../../../layers/nats/Members.ts"
import * as MemoryBus from "../../../layers/nats/MemoryBus.ts"
import * as NatsPortStore from "../../../layers/nats/NatsPortStore.ts"
import { PortStore } from "../../../services/PortStore.ts"
import { Site } from "../../../src/domain/Site.ts"
import { chatId, epoch, id, peer } from "../../support/samples.ts"
import * as PortStoreContract from "../PortStoreContract.ts"

/** Two sites of one chat. Each can be started again over what its copy has. */
const world = Effect.gen(function* () {
  const hub = yield* MemoryBus.makeHub
  const script = yield* ScriptedConsole.make
  const site = (name: string, sharesChat = true) =>
    Effect.gen(function* () {
      const records = yield* MemoryPortStore.makeRecords
      const start = Effect.gen(function* () {
        const scope = yield* Effect.acquireRelease(Scope.make(), (made) => Scope.close(made, Exit.void))
        const context = yield* Layer.buildWithScope(
          NatsPortStore.layer({ site: Site.make(name), sharesChat }, MemoryPortStore.over(records)).pipe(
            Layer.provide(Layer.merge(MemoryBus.layer(hub, name), script.layer))
          ),
          scope
        )
        return { store: Context.get(context, PortStore), end: Scope.close(scope, Exit.void) }
      })
      return { records, start }
    })
  /** Says in the bucket that the server of a site is there. */
  const serverOf = (name: string) =>
    Effect.flatMap(hub.member("anybody"), ({ bucket }) =>
      bucket.create(Members.keyOfServer(Site.make(name)), Members.writeServer({ ...peer("x", 4000).address, run: "a" }))
    )
  return { hub, script, site, serverOf }
})

const fresh = Layer.unwrapScoped(
  Effect.gen(function* () {
    const { hub, script } = yield* world
    return NatsPortStore.layer({ site: Site.make("east"), sharesChat: false }, MemoryPortStore.layer).pipe(
      Layer.provide(Layer.merge(MemoryBus.layer(hub, "east"), script.layer))
    )
  })
)

const idsOf = (store: PortStore["Type"]) => Effect.map(store.all, (all) => all.map((each) => each.id as string))

describe("NatsPortStore", () => {
  PortStoreContract.holdsFor(fresh)

  it.scoped("an id belongs to one client in all sites, also if both come at once", () =>
    Effect.gen(function* () {
      const { serverOf, site } = yield* world
      yield* Effect.forEach(["east", "west"], serverOf)
      const east = (yield* (yield* site("east")).start).store
      const west = (yield* (yield* site("west")).start).store
      yield* east.record(peer("ann", 6_001), epoch(1))
      const error = yield* Effect.flip(west.record(peer("ann", 6_002), epoch(2)))
      assert.strictEqual(error.message, "The id ann is taken by somebody at the site east.")
      assert.deepStrictEqual(yield* west.all, [])
      const both = [east.record(peer("bob", 6_001), epoch(3)), west.record(peer("bob", 6_002), epoch(4))]
      const results = yield* Effect.forEach(both, Effect.exit, { concurrency: "unbounded" })
      assert.lengthOf(results.filter(Exit.isSuccess), 1)
      yield* east.forget(id("ann"))
      yield* west.record(peer("ann", 6_002), epoch(2))
      assert.include(yield* idsOf(west), "ann")
    })
  )

  it.scoped("a client goes to another site in the same run; another run only when that site's server is gone", () =>
    Effect.gen(function* () {
      const { hub, serverOf, site } = yield* world
      const revision = yield* serverOf("east")
      const atEast = yield* site("east")
      const east = yield* atEast.start
      const west = (yield* (yield* site("west")).start).store
      for (const name of ["ann", "bob"]) yield* east.store.record(peer(name, 6_001), epoch(1))
      yield* west.record(peer("ann", 6_001), epoch(1))
      assert.strictEqual((yield* Effect.flip(west.record(peer("bob", 6_002), epoch(2))))._tag, "IdElsewhere")
      yield* east.end
      const { bucket } = yield* hub.member("somebody")
      yield* bucket.remove(Members.keyOfServer(Site.make("east")), revision)
      yield* west.record(peer("bob", 6_002), epoch(2))
      assert.deepStrictEqual(yield* idsOf(west), ["ann", "bob"])
      // It calls both back, for they may have gone elsewhere because it was away. The one in the same run comes home.
      const again = (yield* atEast.start).store
      yield* serverOf("west")
      assert.deepStrictEqual(yield* idsOf(again), ["ann", "bob"])
      yield* again.record(peer("ann", 6_001), epoch(1))
      assert.strictEqual((yield* Effect.flip(again.record(peer("bob", 6_001), epoch(1))))._tag, "IdElsewhere")
    })
  )

  it.scoped("another site may have the id of one that was lost for some seconds, and from then on keeps it", () =>
    Effect.gen(function* () {
      const { script, serverOf, site } = yield* world
      yield* Effect.forEach(["east", "west"], serverOf)
      const east = (yield* (yield* site("east")).start).store
      const west = (yield* (yield* site("west")).start).store
      const isRefused = (attempt: ReturnType<typeof west.record>) =>
        Effect.map(Effect.flip(attempt), (error) => assert.strictEqual(error._tag, "IdElsewhere"))
      for (const name of ["ann", "bob", "cem", "dan"]) yield* east.record(peer(name, 6_001), epoch(1))
      for (const name of ["ann", "bob", "cem", "dan"]) yield* east.lost(id(name))
      yield* TestClock.adjust("4 seconds")
      // Most who are lost are soon back.
      yield* east.record(peer("bob", 6_001), epoch(1))
      yield* isRefused(west.record(peer("ann", 6_002), epoch(2)))
      yield* TestClock.adjust("2 seconds")
      yield* isRefused(west.record(peer("bob", 6_002), epoch(2)))
      // Who comes back later has its id again, unless another site was faster.
      yield* east.record(peer("cem", 6_001), epoch(1))
      yield* isRefused(west.record(peer("cem", 6_002), epoch(2)))
      yield* west.record(peer("ann", 6_002), epoch(2))
      yield* isRefused(east.record(peer("ann", 6_001), epoch(1)))
      const both = [east.record(peer("dan", 6_001), epoch(1)), west.record(peer("dan", 6_002), epoch(2))]
      const results = yield* Effect.forEach(both, Effect.exit, { concurrency: "unbounded" })
      assert.lengthOf(results.filter(Exit.isSuccess), 1)
      const [one, other] = [yield* idsOf(east), yield* idsOf(west)]
      assert.sameMembers([...one, ...other], ["ann", "bob", "cem", "dan"])
      assert.include(other, "ann")
      assert.deepStrictEqual(yield* script.screen, [])
    })
  )

  it.scoped("while NATS is away, one that another site may have by now must wait", () =>
    Effect.gen(function* () {
      const { hub, script, serverOf, site } = yield* world
      yield* Effect.forEach(["east", "west"], serverOf)
      const east = (yield* (yield* site("east")).start).store
      const west = (yield* (yield* site("west")).start).store
      for (const name of ["ann", "bob"]) yield* east.record(peer(name, 6_001), epoch(1))
      yield* east.lost(id("ann"))
      yield* TestClock.adjust("6 seconds")
      yield* hub.cut((member) => member === "east")
      yield* east.lost(id("bob"))
      yield* TestClock.adjust("1 minute")
      const error = yield* Effect.flip(east.record(peer("ann", 6_001), epoch(1)))
      assert.strictEqual(error._tag, "IdElsewhere")
      assert.strictEqual(error.detail, "NATS can't be asked whether somebody at another site has the id ann")
      yield* west.record(peer("ann", 6_002), epoch(2))
      // Of this one the bucket does not say that it is lost.
      yield* east.record(peer("bob", 6_001), epoch(3))
      assert.strictEqual((yield* Effect.flip(west.record(peer("bob", 6_002), epoch(2))))._tag, "IdElsewhere")
      yield* east.lost(id("bob"))
      yield* hub.cut()
      yield* TestClock.adjust("6 seconds")
      assert.deepStrictEqual(yield* idsOf(east), ["bob"])
      yield* west.record(peer("bob", 6_002), epoch(2))
      assert.deepStrictEqual(yield* script.screen, [])
    })
  )

  it.scoped("a server that starts again has its clients, though its copy is lost", () =>
    Effect.gen(function* () {
      const { site } = yield* world
      const atEast = yield* site("east")
      const first = yield* atEast.start
      yield* first.store.record(peer("ann", 6_001), epoch(1))
      yield* first.end
      yield* Ref.set(atEast.records, MemoryPortStore.nothing)
      const { store } = yield* atEast.start
      assert.deepStrictEqual(yield* store.all, [peer("ann", 6_001)])
      yield* store.forget(id("ann"))
      assert.deepStrictEqual(yield* idsOf((yield* atEast.start).store), [])
    })
  )

  it.scoped(
    "while NATS is away its clients come back, nobody new does, and who left is forgotten when it is back",
    () =>
      Effect.gen(function* () {
        const { hub, serverOf, site } = yield* world
        yield* serverOf("east")
        const east = (yield* (yield* site("east")).start).store
        const west = (yield* (yield* site("west")).start).store
        for (const name of ["ann", "bob", "cem"]) yield* east.record(peer(name, 6_001), epoch(1))
        yield* hub.cut((member) => member === "east")
        yield* east.record(peer("ann", 7_001), epoch(2))
        yield* east.forget(id("bob"))
        const error = yield* Effect.flip(east.record(peer("new", 6_005), epoch(3)))
        assert.strictEqual(
          error.message,
          "NATS can't be used (cut off): until it is back, nobody new is admitted, and other sites are not heard."
        )
        assert.strictEqual(Option.getOrUndefined(yield* east.trouble.get)?.message, error.message)
        for (const name of ["ann", "bob"]) {
          assert.strictEqual((yield* Effect.flip(west.record(peer(name, 6_009), epoch(4))))._tag, "IdElsewhere")
        }
        yield* hub.cut()
        yield* TestClock.adjust("1 second")
        assert.isTrue(Option.isNone(yield* east.trouble.get))
        yield* west.record(peer("bob", 6_009), epoch(4))
        const { bucket } = yield* hub.member("somebody")
        const ann = yield* bucket.get(Members.keyOf(id("ann")))
        assert.deepStrictEqual(Members.readMember(ann?.bytes ?? new Uint8Array()), {
          ...peer("ann", 7_001).address,
          site: Site.make("east"),
          run: epoch(2)
        })
        assert.deepStrictEqual(yield* idsOf(east), ["ann", "cem"])
      })
  )

  it.scoped("an id that another site took meanwhile is given up, with a notice", () =>
    Effect.gen(function* () {
      const { hub, script, site } = yield* world
      const east = (yield* (yield* site("east")).start).store
      const west = (yield* (yield* site("west")).start).store
      yield* east.record(peer("ann", 6_001), epoch(1))
      yield* hub.cut((member) => member === "east")
      yield* west.record(peer("ann", 6_002), epoch(2))
      yield* hub.cut()
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* idsOf(east), [])
      assert.deepStrictEqual(yield* script.screen, [
        "* Client ann was admitted at the site west too, while NATS was away: two have this id"
      ])
    })
  )

  it.scoped("all of NATS is lost: when it is back, every site says again who is there", () =>
    Effect.gen(function* () {
      const { hub, serverOf, site } = yield* world
      const east = (yield* (yield* site("east")).start).store
      const west = (yield* (yield* site("west")).start).store
      yield* east.record(peer("ann", 6_001), epoch(1))
      yield* hub.cut(() => true)
      yield* hub.wipe
      yield* hub.cut()
      yield* TestClock.adjust("1 second")
      yield* serverOf("east")
      const { bucket } = yield* hub.member("somebody")
      const chat = yield* bucket.get(Members.chatKey)
      assert.strictEqual(Members.readChat(chat?.bytes ?? new Uint8Array()), yield* east.chat)
      assert.strictEqual((yield* Effect.flip(west.record(peer("ann", 6_002), epoch(2))))._tag, "IdElsewhere")
    })
  )

  it.scoped("the first site chooses the chat, all others are in it, and a site of another chat does not start", () =>
    Effect.gen(function* () {
      const { site } = yield* world
      const [east, west] = yield* Effect.forEach(
        ["east", "west"],
        (name) => Effect.flatMap(site(name), ({ start }) => start),
        { concurrency: "unbounded" }
      )
      const chat = yield* east?.store.chat ?? Effect.succeed(undefined)
      assert.isDefined(chat)
      assert.strictEqual(yield* west?.store.chat ?? Effect.succeed(undefined), chat)
      const other = yield* site("north")
      yield* Ref.set(other.records, { ...MemoryPortStore.nothing, chat: chatId(1) })
      const error = yield* Effect.flip(other.start)
      assert.include(error.message, "another one with --nats-chat")
    })
  )

  it.scoped("without NATS a site starts from its copy; its first start needs NATS", () =>
    Effect.gen(function* () {
      const { hub, site } = yield* world
      yield* hub.cut(() => true)
      const known = yield* site("east")
      yield* Ref.set(known.records, {
        chat: chatId(1),
        peers: new Map([[id("ann"), peer("ann", 6_001)]])
      })
      const starting = yield* Effect.fork(known.start)
      const first = yield* Effect.fork(Effect.flip((yield* site("west")).start))
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(yield* idsOf((yield* Fiber.join(starting)).store), ["ann"])
      assert.include((yield* Fiber.join(first)).message, "the first start of a site needs it: see --nats")
      yield* hub.cut()
      yield* TestClock.adjust("1 second")
      const { bucket } = yield* hub.member("somebody")
      assert.isDefined(yield* bucket.get(Members.keyOf(id("ann"))))
    })
  )
})

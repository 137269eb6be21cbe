import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { describe } from "vitest"
import * as MemoryBus from "../../../layers/nats/MemoryBus.ts"
import { Position } from "../../../src/domain/Stored.ts"
import { appended } from "../../support/appended.ts"
import { bytesOf, textOf } from "../../support/bytes.ts"
import * as BusContract from "./BusContract.ts"

const world = Effect.gen(function* () {
  const hub = yield* MemoryBus.makeHub
  return { hub, here: yield* hub.member("here"), there: yield* hub.member("there") }
})

/** All that a member hears that follows from the beginning. */
const following = ({ there }: Effect.Effect.Success<typeof world>) =>
  Effect.gen(function* () {
    const heard: Array<string> = []
    yield* Effect.fork(
      there.follow(Position.make("elsewhere/1"), (batch) =>
        Effect.sync(() => heard.push(...batch.map(({ bytes }) => textOf(bytes))))
      )
    )
    return heard
  })

const settle = TestClock.adjust(0)

describe("MemoryBus", () => {
  BusContract.holdsFor(world)

  it.scoped("a member that is cut off is away; what was stored meanwhile comes when it is back", () =>
    Effect.gen(function* () {
      const made = yield* world
      const heard = yield* following(made)
      const straight: Array<string> = []
      yield* made.there.subscribe("link.a", (bytes) => straight.push(textOf(bytes)))
      yield* made.hub.cut((member) => member === "there")
      assert.strictEqual((yield* made.there.state.get)._tag, "Away")
      assert.strictEqual((yield* made.here.state.get)._tag, "Connected")
      assert.isFalse(made.there.publish("link.b", bytesOf("nothing")))
      assert.strictEqual(
        (yield* Effect.flip(appended(made.there, "post.a.b", "1", bytesOf("1"))))._tag,
        "BusUnavailable"
      )
      assert.strictEqual((yield* Effect.flip(made.there.bucket.get("a.b")))._tag, "BusUnavailable")
      assert.isTrue(made.here.publish("link.a", bytesOf("lost")))
      yield* appended(made.here, "post.a.b", "2", bytesOf("2"))
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual([...straight, ...heard], [])
      yield* made.hub.cut()
      yield* settle
      assert.deepStrictEqual([straight, heard], [[], ["2"]])
    })
  )

  it.scoped("what is published may be lost, come twice, and overtake", () =>
    Effect.gen(function* () {
      const { here, hub, there } = yield* world
      const heard: Array<string> = []
      yield* there.subscribe("link.a", (bytes) => heard.push(textOf(bytes)))
      const fates = [
        { copies: 0, after: 0 },
        { copies: 2, after: 5 },
        { copies: 1, after: 1 }
      ]
      yield* hub.trouble(() => fates.shift() ?? { copies: 1, after: 9 })
      for (const text of ["lost", "late", "early", "last"]) here.publish("link.a", bytesOf(text))
      yield* TestClock.adjust("9 millis")
      assert.deepStrictEqual(heard, ["early", "late", "late", "last"])
    })
  )

  it.scoped("what is stored may not come to a follower, come twice, and overtake", () =>
    Effect.gen(function* () {
      const made = yield* world
      const fates = [
        { copies: 0, after: 0 },
        { copies: 2, after: 5 },
        { copies: 1, after: 1 }
      ]
      yield* made.hub.trouble((leg) => (leg === "followed" ? fates.shift() : undefined) ?? { copies: 1, after: 0 })
      for (const text of ["lost", "late", "early"]) yield* appended(made.here, "post.a.b", text, bytesOf(text))
      const heard = yield* following(made)
      yield* TestClock.adjust("5 millis")
      assert.deepStrictEqual(heard, ["early", "late", "late"])
    })
  )

  it.scoped("while it stalls nothing is stored; an acknowledgement that is lost is missed after 10 s", () =>
    Effect.gen(function* () {
      const made = yield* world
      const heard = yield* following(made)
      yield* made.hub.stall(true)
      const appending = yield* Effect.fork(appended(made.here, "post.a.b", "1", bytesOf("1")))
      yield* TestClock.adjust("9 seconds")
      assert.deepStrictEqual([heard, appending.unsafePoll()], [[], null])
      yield* made.hub.stall(false)
      yield* Fiber.join(appending)
      yield* settle
      assert.deepStrictEqual(heard, ["1"])
      yield* made.hub.trouble((leg) => ({ copies: leg === "acknowledged" ? 0 : 1, after: 0 }))
      const unheard = yield* Effect.fork(Effect.flip(appended(made.here, "post.a.b", "2", bytesOf("2"))))
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* Fiber.join(unheard))._tag, "BusUnavailable")
      assert.deepStrictEqual(heard, ["1", "2"])
    })
  )

  it.scoped("a failover loses the newest, and an id that comes again after two minutes is stored again", () =>
    Effect.gen(function* () {
      const { here, hub } = yield* world
      for (const text of ["1", "2", "3"]) yield* appended(here, "post.a.b", text, bytesOf(text))
      yield* hub.failOver(2)
      const stored = () => hub.stored().map(({ bytes }) => textOf(bytes))
      assert.deepStrictEqual(stored(), ["1"])
      yield* appended(here, "post.a.b", "3", bytesOf("3"))
      yield* TestClock.adjust("119 seconds")
      yield* appended(here, "post.a.b", "3", bytesOf("3"))
      assert.deepStrictEqual(stored(), ["1", "3"])
      yield* TestClock.adjust("1 seconds")
      yield* appended(here, "post.a.b", "3", bytesOf("3"))
      assert.deepStrictEqual(stored(), ["1", "3", "3"])
    })
  )

  it.scoped("a follower goes on after a failover, and after all of the store was lost", () =>
    Effect.gen(function* () {
      const made = yield* world
      const heard = yield* following(made)
      for (const text of ["1", "2", "3"]) yield* appended(made.here, "post.a.b", text, bytesOf(text))
      yield* settle
      yield* made.hub.failOver(2)
      yield* appended(made.here, "post.a.b", "4", bytesOf("4"))
      yield* settle
      yield* made.hub.wipe
      yield* appended(made.here, "post.a.b", "5", bytesOf("5"))
      yield* settle
      assert.deepStrictEqual(heard, ["1", "2", "3", "4", "5"])
    })
  )

  it.scoped("so many appended messages wait for an acknowledgement, and no more", () =>
    Effect.gen(function* () {
      const { here, hub } = yield* world
      yield* hub.stall(true)
      yield* Effect.forEach(Array(1_024), (_, at) => Effect.fork(appended(here, "post.a.b", `${at}`, bytesOf("x"))))
      yield* settle
      assert.strictEqual((yield* Effect.flip(appended(here, "post.a.b", "more", bytesOf("x"))))._tag, "BusUnavailable")
    })
  )
})

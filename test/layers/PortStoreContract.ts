/** What holds of every PortStore. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import { PortStore } from "../../services/PortStore.ts"
import type { IdElsewhere, PortStoreInUse, PortStoreUnavailable } from "../../src/domain/Errors.ts"
import { chatId, id, peer } from "../support/samples.ts"

/** `fresh`: a store with nothing on record, another for each test. */
export const holdsFor = (fresh: Layer.Layer<PortStore, PortStoreUnavailable | PortStoreInUse>): void => {
  const holds = (name: string, test: Effect.Effect<void, PortStoreUnavailable | IdElsewhere, PortStore>) =>
    it.effect(name, () => Effect.provide(test, fresh))

  holds(
    "nobody is on record at first",
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* (yield* PortStore).all, [])
    })
  )

  holds(
    "all are on record in the order in which they joined",
    Effect.gen(function* () {
      const store = yield* PortStore
      for (const name of ["3", "1", "ann", "2"]) yield* store.record(peer(name, 6_001))
      assert.deepStrictEqual(
        (yield* store.all).map(({ id }) => id),
        ["3", "1", "ann", "2"].map(id)
      )
    })
  )

  holds(
    "a later record takes an earlier one's place",
    Effect.gen(function* () {
      const store = yield* PortStore
      yield* store.record(peer("3", 6_003))
      yield* store.record(peer("4", 6_004))
      yield* store.record(peer("3", 7_003, "::1"))
      assert.deepStrictEqual(yield* store.all, [peer("3", 7_003, "::1"), peer("4", 6_004)])
    })
  )

  holds(
    "one that is recorded twice is there once",
    Effect.gen(function* () {
      const store = yield* PortStore
      yield* store.record(peer("3", 6_003))
      yield* store.record(peer("3", 6_003))
      assert.deepStrictEqual(yield* store.all, [peer("3", 6_003)])
    })
  )

  holds(
    "one that has left is forgotten, and joins again as the last",
    Effect.gen(function* () {
      const store = yield* PortStore
      yield* store.record(peer("3", 6_003))
      yield* store.record(peer("4", 6_004))
      yield* store.forget(id("3"))
      assert.deepStrictEqual(yield* store.all, [peer("4", 6_004)])
      yield* store.record(peer("3", 6_003))
      assert.deepStrictEqual(yield* store.all, [peer("4", 6_004), peer("3", 6_003)])
    })
  )

  holds(
    "one that is back when its turn has come is not forgotten",
    Effect.gen(function* () {
      const store = yield* PortStore
      yield* store.record(peer("3", 6_003))
      yield* store.forget(id("3"), () => true)
      assert.deepStrictEqual(yield* store.all, [peer("3", 6_003)])
      yield* store.forget(id("3"), () => false)
      assert.deepStrictEqual(yield* store.all, [])
    })
  )

  holds(
    "one that is lost stays on record, as it is, until it is forgotten",
    Effect.gen(function* () {
      const store = yield* PortStore
      for (const name of ["3", "4"]) yield* store.record(peer(name, 6_003))
      yield* store.lost(id("3"))
      yield* TestClock.adjust("1 minute")
      yield* store.lost(id("unknown"))
      yield* store.record(peer("4", 6_004))
      assert.deepStrictEqual(yield* store.all, [peer("3", 6_003), peer("4", 6_004)])
      yield* store.record(peer("3", 6_005))
      yield* store.lost(id("4"))
      yield* TestClock.adjust("1 minute")
      yield* store.forget(id("4"))
      assert.deepStrictEqual(yield* store.all, [peer("3", 6_005)])
    })
  )

  holds(
    "to forget one that is unknown is no error",
    Effect.gen(function* () {
      const store = yield* PortStore
      yield* store.forget(id("3"))
      assert.deepStrictEqual(yield* store.all, [])
    })
  )

  holds(
    "which chat it is is on record once it was said, whoever comes and goes",
    Effect.gen(function* () {
      const store = yield* PortStore
      assert.isUndefined(yield* store.chat)
      yield* store.record(peer("3", 6_003))
      yield* store.recordChat(chatId(1))
      yield* store.record(peer("4", 6_004))
      yield* store.forget(id("3"))
      assert.strictEqual(yield* store.chat, chatId(1))
      assert.deepStrictEqual(yield* store.all, [peer("4", 6_004)])
    })
  )

  holds(
    "none is lost when many come and go at once",
    Effect.gen(function* () {
      const store = yield* PortStore
      const all = Array.from({ length: 20 }, (_, at) => peer(`${at}`, 6_000 + at))
      yield* Effect.forEach(all, (each) => store.record(each), { concurrency: "unbounded" })
      yield* Effect.forEach(all.slice(0, 10), ({ id }) => store.forget(id), { concurrency: "unbounded" })
      assert.sameDeepMembers([...(yield* store.all)], all.slice(10))
    })
  )
}

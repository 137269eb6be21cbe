import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { describe } from "vitest"
import * as MemoryPortStore from "../../layers/MemoryPortStore.ts"
import { PortStore } from "../../services/PortStore.ts"
import { peer } from "../support/samples.ts"
import * as PortStoreContract from "./PortStoreContract.ts"

describe("MemoryPortStore", () => {
  PortStoreContract.holdsFor(MemoryPortStore.layer)

  it.effect("records that are handed on outlive the store", () =>
    Effect.gen(function* () {
      const records = yield* MemoryPortStore.makeRecords
      const store = MemoryPortStore.over(records)
      yield* Effect.provide(
        Effect.flatMap(PortStore, ({ record }) => record(peer("3", 6_003))),
        store
      )
      const all = yield* Effect.provide(
        Effect.flatMap(PortStore, ({ all }) => all),
        MemoryPortStore.over(records)
      )
      assert.deepStrictEqual(all, [peer("3", 6_003)])
    })
  )
})

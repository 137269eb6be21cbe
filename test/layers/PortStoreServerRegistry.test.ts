/** Whom the server forgets, and whom it must not. */
import { assert, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { describe } from "vitest"
import * as MemoryPortStore from "../../layers/MemoryPortStore.ts"
import * as PortStoreServerRegistry from "../../layers/PortStoreServerRegistry.ts"
import { PeerMesh } from "../../services/PeerMesh.ts"
import { PortStore } from "../../services/PortStore.ts"
import { ServerRegistry } from "../../services/ServerRegistry.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import { makeSignal } from "../../src/domain/Signal.ts"
import { id, peer } from "../support/samples.ts"

/** How client 2 stands to the server. */
type Standing = "away" | "coming in" | "here"

/** A registry with client 2 on record; the test says how that one stands. */
const world = Effect.gen(function* () {
  const records = yield* MemoryPortStore.makeRecords
  const changes = makeSignal()
  let standing: Standing = "away"
  const store = Context.get(yield* Layer.build(MemoryPortStore.over(records)), PortStore)
  const mesh = {
    isPresent: (_: PeerId) => standing !== "away",
    settled: (_: PeerId) => changes.until(() => standing !== "coming in")
  } as unknown as PeerMesh["Type"]
  const registry = Context.get(
    yield* Layer.build(
      Layer.provide(
        PortStoreServerRegistry.layer,
        Layer.merge(Layer.succeed(PortStore, store), Layer.succeed(PeerMesh, mesh))
      )
    ),
    ServerRegistry
  )
  yield* store.record(peer("2", 6002))
  return {
    registry,
    stands: (now: Standing) =>
      Effect.sync(() => {
        standing = now
        changes.changed()
      }),
    onRecord: Effect.map(store.all, (all) => all.map((each) => each.id))
  }
})

describe("PortStoreServerRegistry", () => {
  it.scoped("forgets who has left, or was given up", () =>
    Effect.gen(function* () {
      const { onRecord, registry } = yield* world
      yield* registry.dismiss(id("2"))
      assert.deepStrictEqual(yield* onRecord, [])
    })
  )

  it.scoped("does not forget who is here again", () =>
    Effect.gen(function* () {
      const { onRecord, registry, stands } = yield* world
      yield* stands("here")
      yield* registry.dismiss(id("2"))
      assert.deepStrictEqual(yield* onRecord, [id("2")])
    })
  )

  for (const [outcome, left] of [
    ["here", [id("2")]],
    ["away", []]
  ] as const) {
    it.scoped(`waits for one that is just coming in, who is ${outcome} then`, () =>
      Effect.gen(function* () {
        const { onRecord, registry, stands } = yield* world
        yield* stands("coming in")
        const dismissing = yield* Effect.fork(registry.dismiss(id("2")))
        yield* Effect.yieldNow()
        assert.deepStrictEqual(yield* onRecord, [id("2")])
        yield* stands(outcome)
        yield* Fiber.join(dismissing)
        assert.deepStrictEqual(yield* onRecord, [...left])
      })
    )
  }

  it.scoped("forgets who was sent away, though it is here", () =>
    Effect.gen(function* () {
      const { onRecord, registry, stands } = yield* world
      yield* stands("here")
      yield* registry.expel(id("2"))
      assert.deepStrictEqual(yield* onRecord, [])
    })
  )
})

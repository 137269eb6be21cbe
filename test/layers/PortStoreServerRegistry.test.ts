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
import { IdElsewhere } from "../../src/domain/Errors.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import { makeSignal } from "../../src/domain/Signal.ts"
import { Site } from "../../src/domain/Site.ts"
import { epoch, id, peer } from "../support/samples.ts"

/** How client 2 stands to the server. */
type Standing = "away" | "coming in" | "here"

/** A registry with client 2 on record; the test says how that one stands. */
const world = Effect.gen(function* () {
  const records = yield* MemoryPortStore.makeRecords
  const changes = makeSignal()
  let standing: Standing = "away"
  const store = { ...Context.get(yield* Layer.build(MemoryPortStore.over(records)), PortStore) }
  const mesh = {
    isPresent: (_: PeerId) => standing !== "away",
    isElsewhere: (id: PeerId) => id === "3",
    runOf: (_: PeerId) => epoch(7),
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
    store: store as { -readonly [Key in keyof typeof store]: (typeof store)[Key] },
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

  it.scoped("forgets who has gone while it was admitted", () =>
    Effect.gen(function* () {
      const { onRecord, registry, stands } = yield* world
      const comes = {
        peer: peer("4", 6004),
        run: epoch(1),
        passing: false,
        refuse: () => Effect.void
      }
      yield* registry.admit({ ...comes, admit: stands("here") })
      assert.deepStrictEqual(yield* onRecord, [id("2"), id("4")])
      yield* registry.admit({ ...comes, admit: stands("away") })
      assert.deepStrictEqual(yield* onRecord, [id("2")])
    })
  )

  it.scoped("refuses for good only whose id somebody has who is known to be at another site", () =>
    Effect.gen(function* () {
      const { registry, store } = yield* world
      store.record = (peer) => new IdElsewhere({ id: peer.id, site: Site.make("west") })
      for (const [name, told] of [
        ["3", ["The id 3 is taken by somebody at the site west.", "id-taken"]],
        ["4", ["Client 4 may come back at the site west", undefined]]
      ] as const) {
        const heard = yield* Effect.async<ReadonlyArray<string | undefined>>((resume) => {
          const refuse = (...words: ReadonlyArray<string | undefined>) =>
            Effect.sync(() => resume(Effect.succeed(words)))
          const visit = { peer: peer(name, 6003), run: epoch(1), passing: false, admit: Effect.void, refuse }
          Effect.runFork(Effect.ignore(registry.admit(visit)))
        })
        assert.deepStrictEqual([heard[0], heard[1]], [...told])
      }
    })
  )

  it.scoped("records whoever was called back with the run that has the link: it may come from another site", () =>
    Effect.gen(function* () {
      const { registry, store } = yield* world
      const runs: Array<unknown> = []
      store.record = (_, run) => Effect.sync(() => void runs.push(run))
      yield* registry.remember(peer("2", 6002))
      assert.deepStrictEqual(runs, [epoch(7)])
    })
  )

  it.scoped("forgets who was sent away, though it is here", () =>
    Effect.gen(function* () {
      const { onRecord, registry, stands } = yield* world
      yield* stands("here")
      yield* registry.expel(id("2"))
      assert.deepStrictEqual(yield* onRecord, [])
    })
  )
})

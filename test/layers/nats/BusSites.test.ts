import { assert, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { describe } from "vitest"
import * as ScriptedConsole from "../../../layers/console/ScriptedConsole.ts"
import * as BusSites from "../../../layers/nats/BusSites.ts"
import * as Members from "../../../layers/nats/Members.ts"
import * as MemoryBus from "../../../layers/nats/MemoryBus.ts"
import { Sites } from "../../../services/Sites.ts"
import { Site } from "../../../src/domain/Site.ts"
import { peer } from "../../support/samples.ts"

const world = Effect.gen(function* () {
  const hub = yield* MemoryBus.makeHub
  const script = yield* ScriptedConsole.make
  /** Starts the server of a site, which listens at that port. */
  const start = (site: string, port: number) =>
    Effect.gen(function* () {
      const scope = yield* Effect.acquireRelease(Scope.make(), (made) => Scope.close(made, Exit.void))
      const context = yield* Layer.buildWithScope(
        Layer.provide(BusSites.layer(Site.make(site)), Layer.merge(MemoryBus.layer(hub, site), script.layer)),
        scope
      )
      const sites = Context.get(context, Sites)
      yield* sites.listensAt(peer("x", port).address)
      const shown = Effect.map(sites.servers.get, (all) => all.map(({ address, id }) => `${id} ${address.port}`))
      return { shown, end: Scope.close(scope, Exit.void) }
    })
  return { hub, script, start }
})

const settle = TestClock.adjust(0)

describe("BusSites", () => {
  it.scoped("each server knows all, with where clients reach them, and those that end are gone", () =>
    Effect.gen(function* () {
      const { start } = yield* world
      const east = yield* start("east", 4_001)
      const west = yield* start("west", 4_002)
      yield* settle
      for (const { shown } of [east, west]) {
        assert.deepStrictEqual(yield* shown, ["Server-east 4001", "Server-west 4002"])
      }
      yield* east.end
      yield* settle
      assert.deepStrictEqual(yield* west.shown, ["Server-west 4002"])
      yield* start("east", 4_003)
      yield* settle
      assert.deepStrictEqual(yield* west.shown, ["Server-east 4003", "Server-west 4002"])
    })
  )

  it.scoped("a site that is cut off for a minute stays; after its lease it is gone, and it comes back by itself", () =>
    Effect.gen(function* () {
      const { hub, start } = yield* world
      const east = yield* start("east", 4_001)
      const west = yield* start("west", 4_002)
      yield* hub.cut((member) => member === "east")
      yield* TestClock.adjust("115 seconds")
      assert.deepStrictEqual(yield* west.shown, ["Server-east 4001", "Server-west 4002"])
      yield* TestClock.adjust("15 seconds")
      assert.deepStrictEqual(yield* west.shown, ["Server-west 4002"])
      const { bucket } = yield* hub.member("anybody")
      assert.isUndefined(yield* bucket.get(Members.keyOfServer(Site.make("east"))))
      yield* hub.cut()
      yield* TestClock.adjust("5 seconds")
      for (const { shown } of [east, west]) {
        assert.deepStrictEqual(yield* shown, ["Server-east 4001", "Server-west 4002"])
      }
    })
  )

  it.scoped("nobody's lease ends because NATS was away, or lost everything", () =>
    Effect.gen(function* () {
      const { hub, start } = yield* world
      const all = [yield* start("east", 4_001), yield* start("west", 4_002)]
      yield* settle
      yield* hub.cut(() => true)
      yield* TestClock.adjust("4 minutes")
      yield* hub.cut()
      yield* TestClock.adjust("10 seconds")
      for (const { shown } of all) assert.deepStrictEqual(yield* shown, ["Server-east 4001", "Server-west 4002"])
      yield* hub.wipe
      yield* TestClock.adjust("5 seconds")
      for (const { shown } of all) assert.deepStrictEqual(yield* shown, ["Server-east 4001", "Server-west 4002"])
    })
  )

  it.scoped("a later run takes the entry of an earlier one; the earlier one says so, if it still runs", () =>
    Effect.gen(function* () {
      const { script, start } = yield* world
      yield* start("east", 4_001)
      const second = yield* start("east", 4_002)
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(yield* second.shown, ["Server-east 4002"])
      assert.deepStrictEqual(yield* script.screen, [
        "* Another server of the site east was started: end one of the two, or give it another --site"
      ])
    })
  )
})

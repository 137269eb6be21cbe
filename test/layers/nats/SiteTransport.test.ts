import { assert, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { describe } from "vitest"
import * as MemoryTransport from "../../../layers/MemoryTransport.ts"
import * as MemoryBus from "../../../layers/nats/MemoryBus.ts"
import * as NatsTransport from "../../../layers/nats/NatsTransport.ts"
import { both } from "../../../layers/nats/SiteTransport.ts"
import { Bus } from "../../../services/Bus.ts"
import { farAddress, Site } from "../../../src/domain/Site.ts"
import { peer } from "../../support/samples.ts"
import { listen } from "../../support/serving.ts"

const [east, west] = [Site.make("east"), Site.make("west")]

describe("SiteTransport", () => {
  it.scopedLive("a server is reached near and far; a second one of its site is refused in words", () =>
    Effect.gen(function* () {
      const network = yield* MemoryTransport.makeNetwork
      const hub = yield* MemoryBus.makeHub
      const server = (site: Site, life = "") =>
        NatsTransport.make({ from: farAddress(site).host, probeLimit: "20 millis" }).pipe(
          Effect.provideServiceEffect(Bus, hub.member(site + life)),
          Effect.map(({ transport }) => both(site, network.transport(site + life), transport))
        )
      const froms: Array<string> = []
      const two = yield* Deferred.make<void>()
      const there = yield* server(east)
      const address = yield* listen(there, peer("1", 4_000).address, ({ from }) => {
        froms.push(from)
        return Effect.zipRight(froms.length === 2 ? Deferred.succeed(two, undefined) : Effect.void, Effect.never)
      })
      assert.strictEqual(address.port, 4_000)
      const here = yield* server(west)
      yield* here.dial(address)
      yield* here.dial(farAddress(east))
      yield* Deferred.await(two)
      assert.deepStrictEqual(froms, ["localhost", "nats:west"])
      const second = yield* server(east, "again")
      const error = yield* Effect.flip(listen(second, peer("1", 4_001).address, () => Effect.void))
      assert.include(error.message, "another server of the site east is there")
    }).pipe(Effect.timeout("5 seconds"))
  )
})

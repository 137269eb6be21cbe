import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { describe } from "vitest"
import * as Keys from "../../../layers/identity/Keys.ts"
import * as MemoryBus from "../../../layers/nats/MemoryBus.ts"
import * as NatsTransport from "../../../layers/nats/NatsTransport.ts"
import * as SecureTunnel from "../../../layers/nats/SecureTunnel.ts"
import * as TlsTransport from "../../../layers/TlsTransport.ts"
import { Bus } from "../../../services/Bus.ts"
import { Identity } from "../../../services/Identity.ts"
import { defaultLimits } from "../../../src/domain/Limits.ts"
import { Host } from "../../../src/domain/Peer.ts"
import { bytesOf, textOf } from "../../support/bytes.ts"
import * as Sources from "../../support/sources.ts"
import * as TransportContract from "../TransportContract.ts"

/** Two nodes that speak TLS through one message system, and their keys. */
const world = Effect.gen(function* () {
  const hub = yield* MemoryBus.makeHub
  const node = (name: string) =>
    Effect.gen(function* () {
      const identity = yield* Keys.generate
      const made = yield* NatsTransport.make({
        from: Host.make(`nats:${name}`),
        dialLimit: "300 millis",
        probeLimit: "20 millis"
      }).pipe(Effect.provideService(Bus, yield* hub.member(name)))
      const tls = yield* Effect.provideService(TlsTransport.protection(defaultLimits), Identity, identity)
      return {
        identity,
        made,
        transport: { ...SecureTunnel.over(made.transport, tls), within: tls.within, hosts: () => [] }
      }
    })
  const [here, there] = [yield* node("here"), yield* node("there")]
  return {
    hub,
    here: here.transport,
    there: there.transport,
    keys: { here: here.identity.key, there: there.identity.key },
    open: () => Effect.sync(() => here.made.open() + there.made.open()),
    many: 20,
    unheard: "no answer within 0.3 s"
  }
})

describe("SecureTunnel", () => {
  TransportContract.holdsFor(world)

  it.scopedLive("each side is sure of the other's key, both come to the same binding, and NATS reads no word", () =>
    Effect.gen(function* () {
      const made = yield* world
      const seen: Array<string> = []
      yield* (yield* made.hub.member("ear")).subscribe("link.>", (bytes) =>
        seen.push(Buffer.from(bytes).toString("latin1"))
      )
      const { far, near } = yield* TransportContract.connect(made)
      const [one, other] = [Option.getOrThrow(near.secured), Option.getOrThrow(far.secured)]
      assert.strictEqual(one.key, made.keys.there)
      assert.strictEqual(other.key, made.keys.here)
      assert.deepStrictEqual(one.binding("test"), other.binding("test"))
      assert.strictEqual(far.from, "nats:here")
      yield* Sources.send(near, bytesOf("a secret word"))
      assert.strictEqual(textOf(yield* (yield* Sources.reader(far))(13)), "a secret word")
      assert.isAbove(seen.length, 3)
      assert.notInclude(seen.join(""), "secret")
    }).pipe(Effect.timeout("10 seconds"))
  )
})

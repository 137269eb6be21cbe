import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import { describe } from "vitest"
import * as MemoryBus from "../../../layers/nats/MemoryBus.ts"
import * as NatsTransport from "../../../layers/nats/NatsTransport.ts"
import { Bus } from "../../../services/Bus.ts"
import { Host } from "../../../src/domain/Peer.ts"
import { bytesOf, textOf } from "../../support/bytes.ts"
import { peer } from "../../support/samples.ts"
import { listen } from "../../support/serving.ts"
import * as Sources from "../../support/sources.ts"
import * as TransportContract from "../TransportContract.ts"

/** Two nodes at one message system. */
const worldWithin = (settings: Omit<NatsTransport.Settings, "from"> = {}) =>
  Effect.gen(function* () {
    const hub = yield* MemoryBus.makeHub
    const node = (name: string) =>
      Effect.flatMap(hub.member(name), (bus) =>
        NatsTransport.make({
          from: Host.make(`nats:${name}`),
          dialLimit: "300 millis",
          probeLimit: "20 millis",
          ...settings
        }).pipe(Effect.provideService(Bus, bus))
      )
    const [here, there] = [yield* node("here"), yield* node("there")]
    const open = () => Effect.sync(() => here.open() + there.open())
    return { hub, here: whole(here), there: whole(there), open, many: 200, unheard: "no answer within 0.3 s" }
  })

const whole = ({ transport }: NatsTransport.Made) => ({ ...transport, within: Effect.succeed, hosts: () => [] })

const world = worldWithin()

/** How many messages have come to a node; from a certain one on, what becomes of each. */
const counting = (hub: MemoryBus.Hub, at: string, fate: (count: number) => MemoryBus.Fate = () => usual) => {
  let count = 0
  return Effect.as(
    hub.trouble((leg, member) => (leg === "published" && member === at ? fate(++count) : usual)),
    () => count
  )
}
const usual: MemoryBus.Fate = { copies: 1, after: 0 }

const holds = <E>(name: string, test: Effect.Effect<void, E, Scope.Scope>) =>
  it.scopedLive(name, () => Effect.timeout(test, "10 seconds"))

describe("NatsTransport", () => {
  TransportContract.holdsFor(world)

  holds(
    "a message that is lost ends the connection on both sides with the next one, and nothing after it arrives",
    Effect.gen(function* () {
      const made = yield* world
      const { far, near } = yield* TransportContract.connect(made)
      const source = Sources.queue()
      near.drain(source)
      const say = (word: string) =>
        Effect.sync(() => {
          source.put(bytesOf(word))
          near.wake()
        })
      yield* counting(made.hub, "there", (count) => ({ copies: count === 2 ? 0 : 1, after: 0 }))
      const read = yield* Sources.reader(far)
      yield* say("one")
      assert.strictEqual(textOf(yield* read(3)), "one")
      yield* say("two")
      yield* say("three")
      assert.strictEqual((yield* Effect.flip(read(1))).reason, "closed")
      assert.strictEqual((yield* Sources.ending(near)).reason, "closed")
    })
  )

  holds(
    "a message that comes twice is taken once; one that is overtaken ends the connection",
    Effect.gen(function* () {
      const made = yield* world
      const { far, near } = yield* TransportContract.connect(made)
      yield* counting(made.hub, "there", (count) => (count < 4 ? { copies: 2, after: 0 } : { copies: 1, after: 20 }))
      const source = Sources.queue()
      near.drain(source)
      const say = (...words: ReadonlyArray<string>) =>
        Effect.sync(() => {
          for (const word of words) {
            source.put(bytesOf(word))
            near.wake()
          }
        })
      yield* say("a", "b", "c")
      const read = yield* Sources.reader(far)
      assert.strictEqual(textOf(yield* read(3)), "abc")
      yield* say("d")
      yield* counting(made.hub, "there")
      yield* say("e")
      assert.strictEqual((yield* Effect.flip(read(1))).reason, "closed")
    })
  )

  holds(
    "while a node is cut off, what it says waits, at most a window of it; then it arrives, and so does the end",
    Effect.gen(function* () {
      const made = yield* world
      const { far, near } = yield* TransportContract.connect(made)
      yield* made.hub.cut((member) => member === "here")
      const piece = new Uint8Array(65_536).fill(7)
      const source = Sources.sourceOf(Array.from({ length: 100 }, () => piece))
      near.drain(source)
      const finishing = yield* Effect.fork(near.finish)
      yield* Effect.sleep("20 millis")
      assert.isAtMost(source.given(), 2 * piece.length)
      assert.isNull(finishing.unsafePoll())
      yield* made.hub.cut()
      const read = yield* Sources.reader(far)
      yield* read(100 * piece.length)
      assert.strictEqual((yield* Effect.flip(read(1))).reason, "closed")
      yield* Fiber.join(finishing)
    })
  )

  holds(
    "who is cut off reaches nobody, and is told so at once",
    Effect.gen(function* () {
      const made = yield* world
      const { address } = yield* TransportContract.connect(made)
      yield* made.hub.cut((member) => member === "here")
      const error = yield* Effect.flip(made.here.dial(address))
      assert.deepInclude(error, { _tag: "PeerUnreachable", detail: "there is no way to NATS now" })
    })
  )

  holds(
    "a listener takes as many connections as it may; one more is refused in words, and one less makes room",
    Effect.gen(function* () {
      const { here, there } = yield* worldWithin({ connections: 2 })
      const address = yield* listen(there, peer("1", 0).address, (end) =>
        Effect.zipRight(
          Effect.sync(() => end.introduced()),
          Sources.ending(end)
        )
      )
      yield* here.dial(address)
      const leave = yield* Effect.scoped(
        Effect.gen(function* () {
          yield* here.dial(address)
          const error = yield* Effect.flip(here.dial(address))
          assert.deepInclude(error, { _tag: "PeerUnreachable", detail: "it takes no more connections" })
        })
      )
      assert.isUndefined(leave)
      yield* Effect.sleep("10 millis")
      yield* here.dial(address)
    })
  )

  holds(
    "when a node comes back that was killed, the connections of its life before end at once; those of a living one stay",
    Effect.gen(function* () {
      const made = yield* world
      const { address, far, near } = yield* TransportContract.connect(made)
      const lives = (name: string) =>
        Effect.flatMap(made.hub.member(name), (bus) =>
          NatsTransport.make({ from: Host.make("nats:here"), probeLimit: "20 millis" }).pipe(
            Effect.provideService(Bus, bus)
          )
        )
      const second = yield* lives("second")
      yield* second.transport.dial(address)
      yield* Effect.sleep("200 millis")
      yield* Sources.send(near, bytesOf("one"))
      const read = yield* Sources.reader(far)
      assert.strictEqual(textOf(yield* read(3)), "one")
      // Whoever is killed says nothing more, and hears nothing.
      yield* made.hub.trouble((leg, member) => ({ copies: leg === "published" && member === "here" ? 0 : 1, after: 0 }))
      const ended = yield* Effect.fork(Effect.flip(read(1)))
      yield* (yield* lives("third")).transport.dial(address)
      assert.strictEqual((yield* Fiber.join(ended)).reason, "closed")
    })
  )

  holds(
    "the other side is known by its site, an idle connection sends nothing, and strange messages change nothing",
    Effect.gen(function* () {
      const made = yield* world
      const { far, near } = yield* TransportContract.connect(made)
      assert.strictEqual(far.from, "nats:here")
      const count = yield* counting(made.hub, "there")
      yield* Effect.sleep("200 millis")
      assert.strictEqual(count(), 0)
      const stranger = yield* made.hub.member("stranger")
      const heard: Array<string> = []
      yield* stranger.subscribe("link.to.*", (_, subject) => heard.push(subject))
      yield* Sources.send(near, bytesOf("one"))
      const read = yield* Sources.reader(far)
      assert.strictEqual(textOf(yield* read(3)), "one")
      for (const subject of heard) {
        for (const length of [0, 1, 12, 13, 40]) stranger.publish(subject, new Uint8Array(length).fill(0x13))
      }
      yield* Sources.send(near, bytesOf("two"))
      assert.strictEqual(textOf(yield* read(3)), "two")
    })
  )
})

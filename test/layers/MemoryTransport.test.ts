import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { describe } from "vitest"
import * as MemoryTransport from "../../layers/MemoryTransport.ts"
import { bytesOf, textOf } from "../support/bytes.ts"
import * as Sources from "../support/sources.ts"
import * as TransportContract from "./TransportContract.ts"

const world = Effect.map(MemoryTransport.makeNetwork, (network) => ({
  network,
  here: network.transport("here"),
  there: network.transport("there"),
  open: () => network.open
}))

const settle = TestClock.adjust(0)

describe("MemoryTransport", () => {
  TransportContract.holdsFor(world)

  it.scoped("what is sent over a cut waits, and arrives when it is healed", () =>
    Effect.gen(function* () {
      const made = yield* world
      const { far, near } = yield* TransportContract.connect(made)
      const read = yield* Sources.reader(far)
      yield* made.network.cut((from) => from === "here")
      yield* Sources.send(near, bytesOf("one"), bytesOf("two"))
      const reading = yield* Effect.fork(read(6))
      yield* TestClock.adjust("1 hour")
      assert.isNull(reading.unsafePoll())
      // A cut in one direction leaves the other.
      yield* Sources.send(far, bytesOf("back"))
      assert.strictEqual(textOf(yield* (yield* Sources.reader(near))(4)), "back")
      yield* made.network.heal
      assert.strictEqual(textOf(yield* Fiber.join(reading)), "onetwo")
    })
  )

  it.scoped("nobody can be dialled over a cut, and that is known after 5 s", () =>
    Effect.gen(function* () {
      const made = yield* world
      const { address } = yield* TransportContract.connect(made)
      yield* made.network.cut(() => true)
      const dialling = yield* Effect.fork(Effect.flip(made.here.dial(address)))
      yield* TestClock.adjust("4999 millis")
      assert.isNull(dialling.unsafePoll())
      yield* TestClock.adjust("1 millis")
      assert.strictEqual((yield* Fiber.join(dialling))._tag, "PeerUnreachable")
    })
  )

  it.scoped("a crash breaks a node's connections after what it had said, and its port is free for its next life", () =>
    Effect.gen(function* () {
      const made = yield* world
      const { address, far, near } = yield* TransportContract.connect(made)
      yield* Sources.send(far, bytesOf("last"))
      yield* made.network.crash("there")
      const read = yield* Sources.reader(near)
      assert.strictEqual(textOf(yield* read(4)), "last")
      assert.strictEqual((yield* Effect.flip(read(1))).reason, "closed")
      assert.strictEqual((yield* Effect.flip(made.here.dial(address)))._tag, "PeerUnreachable")
      yield* made.network.transport("there").listen(address, () => Effect.never)
      yield* made.here.dial(address)
    })
  )

  it.scoped("a delay holds each chunk that long, and order stays whatever the delays are", () =>
    Effect.gen(function* () {
      const made = yield* world
      const { far, near } = yield* TransportContract.connect(made)
      const delays = [300, 10, 0, 50]
      yield* made.network.delay(() => delays.shift() ?? 0)
      const read = yield* Sources.reader(far)
      yield* Sources.send(near, ...["a", "b", "c", "d"].map(bytesOf))
      const reading = yield* Effect.fork(read(4))
      const first = yield* Effect.fork(Effect.zipRight(settle, Effect.succeed(undefined)))
      yield* Fiber.join(first)
      yield* TestClock.adjust("299 millis")
      assert.isNull(reading.unsafePoll())
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(textOf(yield* Fiber.join(reading)), "abcd")
    })
  )
})

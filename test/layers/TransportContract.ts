/** What holds of every Transport, in real time. */
import { assert, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import { pass } from "../../layers/files/Passage.ts"
import type { Connection, Transport } from "../../services/Transport.ts"
import type { Address } from "../../src/domain/Peer.ts"
import { TokenBucket } from "../../src/domain/TokenBucket.ts"
import { bytesOf, joined, textOf } from "../support/bytes.ts"
import { peer } from "../support/samples.ts"
import { listen } from "../support/serving.ts"
import * as Sources from "../support/sources.ts"

export interface World {
  /** Two nodes that can reach each other. */
  readonly here: Transport["Type"]
  readonly there: Transport["Type"]
  /** How many listeners and ends of connections are open at a port. */
  readonly open: (port: number) => Effect.Effect<number>
  /** How many connections open and close when that is to leave nothing: 2,000 unless it says otherwise. */
  readonly many?: number
  /** What is said of an address at which nobody listens. */
  readonly unheard?: string
}

const anywhere: Address = peer("1", 0).address

/** Both ends of a connection: the one that has dialled, and the one that was. */
export const connect = ({ here, there }: Pick<World, "here" | "there">, use?: "bulk") =>
  Effect.gen(function* () {
    const accepted = yield* Deferred.make<Connection>()
    const address = yield* listen(there, anywhere, (end) =>
      Effect.zipRight(Deferred.succeed(accepted, end), Effect.never)
    )
    const near = yield* here.dial(address, undefined, use)
    return { near, far: yield* Deferred.await(accepted), address }
  })

export const holdsFor = (world: Effect.Effect<World, never, Scope.Scope>): void => {
  const holds = <E>(name: string, test: (world: World) => Effect.Effect<void, E, Scope.Scope>) =>
    it.scopedLive(name, () => Effect.flatMap(world, test).pipe(Effect.timeout("20 seconds")))

  const pieces = (count: number, bytes: number) =>
    Array.from({ length: count }, (_, at) => new Uint8Array(bytes).fill(at % 251))

  holds("bytes arrive in order, both ways at once", (world) =>
    Effect.gen(function* () {
      const { far, near } = yield* connect(world)
      const sent = pieces(500, 700)
      const all = joined(sent)
      yield* Sources.send(near, ...sent)
      yield* Sources.send(far, ...sent.toReversed())
      const [atFar, atNear] = [yield* Sources.reader(far), yield* Sources.reader(near)]
      assert.isTrue(all.every((byte, at) => byte === all[at]))
      assert.isTrue(Buffer.from(yield* atFar(all.length)).equals(all))
      assert.isTrue(Buffer.from(yield* atNear(all.length)).equals(joined(sent.toReversed())))
    })
  )

  holds("bulk arrives in order, before somebody receives it, while it is held, and at once", (world) =>
    Effect.gen(function* () {
      const { far, near } = yield* connect(world, "bulk")
      const sent = pieces(40, 100_003)
      const all = joined(sent)
      yield* Sources.send(far, ...sent)
      const got: Array<Uint8Array> = []
      let bytes = 0
      const whole = yield* Deferred.make<void>()
      const until = (some: number) => Effect.repeat(Effect.sleep("1 millis"), { until: () => near.received() >= some })
      yield* until(1)
      near.receive({
        take: (arrived) => {
          // What is lent is copied.
          for (const each of arrived) got.push(new Uint8Array(each))
          bytes += joined(arrived).length
          if (bytes === all.length) Deferred.unsafeDone(whole, Effect.void)
          else if (got.length % 3 === 0) {
            near.hold(true)
            const before = near.received()
            setTimeout(() => near.hold(false), before % 3)
          }
        },
        end: () => {}
      })
      yield* Deferred.await(whole)
      assert.isTrue(Buffer.from(joined(got)).equals(all))
    })
  )

  holds("a source that has more later is asked again when it is woken", (world) =>
    Effect.gen(function* () {
      const { far, near } = yield* connect(world)
      const source = Sources.queue()
      near.drain(source)
      const read = yield* Sources.reader(far)
      for (const word of ["one", "two"]) {
        source.put(bytesOf(word))
        near.wake()
        assert.strictEqual(textOf(yield* read(3)), word)
      }
    })
  )

  holds("while nobody reads, the source is not asked for more than windows' worth; then nothing is lost", (world) =>
    Effect.gen(function* () {
      const { far, near } = yield* connect(world)
      const total = 64 * 1024 * 1024
      const piece = new Uint8Array(65_536).map((_, at) => at % 251)
      const source = Sources.sourceOf(Array.from({ length: total / piece.length }, () => piece))
      near.drain(source)
      near.wake()
      // As much as is going to be taken has been, once it stays the same.
      const settled: Effect.Effect<number> = Effect.suspend(() => {
        const before = source.given()
        return Effect.flatMap(Effect.sleep("100 millis"), () =>
          source.given() === before ? Effect.succeed(before) : settled
        )
      })
      assert.isAtMost(yield* settled, total / 4)
      const read = yield* Sources.reader(far)
      for (let got = 0; got < total; got += piece.length) {
        assert.isTrue(Buffer.from(yield* read(piece.length)).equals(piece), `the piece at ${got}`)
      }
      assert.strictEqual(source.given(), total)
    })
  )

  holds(
    "a connection within one that others pass on is as any other of the two, and nobody else knows its key",
    (world) =>
      Effect.gen(function* () {
        // Here and there, with somebody between them who passes on what they say.
        const [left, right] = [yield* connect(world), yield* connect(world)]
        const clock = yield* Effect.clock
        yield* Effect.forkScoped(pass(left.far, right.near, { clock, bucket: new TokenBucket(1e9, 1e9, 0) }))
        const [near, far] = yield* Effect.all(
          [world.here.within(left.near, "dialled"), world.there.within(right.far, "accepted")],
          { concurrency: "unbounded" }
        )
        const keyOf = ({ secured }: Connection) => Option.map(secured, ({ key }) => key)
        assert.deepStrictEqual([keyOf(near), keyOf(far)], [keyOf(left.near), keyOf(left.far)])
        const sent = pieces(100, 7_000)
        yield* Sources.send(near, ...sent)
        yield* Sources.send(far, ...sent.toReversed())
        const [atFar, atNear] = [yield* Sources.reader(far), yield* Sources.reader(near)]
        const all = joined(sent)
        assert.isTrue(Buffer.from(yield* atFar(all.length)).equals(all))
        assert.isTrue(Buffer.from(yield* atNear(all.length)).equals(joined(sent.toReversed())))
      })
  )

  holds("finish delivers everything and then the end, also of more than a window holds", (world) =>
    Effect.gen(function* () {
      const { far, near } = yield* connect(world)
      const sent = pieces(64, 65_536)
      near.drain(Sources.sourceOf(sent))
      const finishing = yield* Effect.fork(near.finish)
      const all = joined(sent)
      const read = yield* Sources.reader(far)
      assert.isTrue(Buffer.from(yield* read(all.length)).equals(all))
      assert.strictEqual((yield* Effect.flip(far.incoming)).reason, "closed")
      yield* Fiber.join(finishing)
    })
  )

  holds("close fails what arrives with its reason, and what was handed over still goes out", (world) =>
    Effect.gen(function* () {
      const { far, near } = yield* connect(world)
      const sent = pieces(64, 65_536)
      near.drain(Sources.sourceOf(sent))
      const finishing = yield* Effect.fork(near.finish)
      yield* Sources.send(far, new Uint8Array(65_536))
      near.close("excessive")
      assert.strictEqual((yield* Sources.ending(near)).reason, "excessive")
      const all = joined(sent)
      const read = yield* Sources.reader(far)
      assert.isTrue(Buffer.from(yield* read(all.length)).equals(all))
      yield* Fiber.join(finishing)
    })
  )

  holds("abort fails what arrives with its reason, at once, and the other side sees an end", (world) =>
    Effect.gen(function* () {
      const { far, near } = yield* connect(world)
      const waiting = yield* Effect.fork(Sources.ending(near))
      near.abort("silent")
      const error = yield* Fiber.join(waiting)
      assert.deepStrictEqual([error._tag, error.reason], ["PeerLost", "silent"])
      yield* Sources.ending(far)
    })
  )

  holds("abort does not wait for a side that never reads", (world) =>
    Effect.gen(function* () {
      const { near } = yield* connect(world)
      yield* Sources.send(near, ...pieces(200, 65_536))
      near.abort("overrun")
      assert.strictEqual((yield* Sources.ending(near)).reason, "overrun")
    })
  )

  holds("when the scope of one end closes, the other sees an end", (world) =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const accepted = yield* Deferred.make<Connection>()
      const address = yield* listen(world.there, anywhere, (end) =>
        Effect.zipRight(Deferred.succeed(accepted, end), Effect.never)
      )
      yield* Scope.extend(world.here.dial(address), scope)
      const far = yield* Deferred.await(accepted)
      yield* Scope.close(scope, Exit.void)
      yield* Sources.ending(far)
    })
  )

  holds("when what serves a connection ends, so does the connection", (world) =>
    Effect.gen(function* () {
      const address = yield* listen(world.there, anywhere, () => Effect.void)
      yield* Sources.ending(yield* world.here.dial(address))
    })
  )

  holds("where nobody listens is PeerUnreachable, with the address and why", (world) =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const address = yield* Scope.extend(
        listen(world.there, anywhere, () => Effect.void),
        scope
      )
      yield* Scope.close(scope, Exit.void)
      const error = yield* Effect.flip(world.here.dial(address))
      assert.strictEqual(error._tag, "PeerUnreachable")
      if (error._tag === "PeerUnreachable") {
        assert.deepStrictEqual(error.address, address)
        assert.strictEqual(error.detail, world.unheard ?? "nothing listens there")
      }
    })
  )

  holds("a port on which somebody listens is PortTaken, and whoever has it is not disturbed", (world) =>
    Effect.gen(function* () {
      const { address } = yield* connect(world)
      const error = yield* Effect.flip(listen(world.here, address, () => Effect.void))
      assert.deepInclude(error, { _tag: "PortTaken", port: address.port })
      yield* world.here.dial(address)
    })
  )

  holds("closing the listener's scope ends its connections and frees the port", (world) =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { address, near } = yield* Scope.extend(connect(world), scope)
      const other = yield* world.here.dial(address)
      yield* Scope.close(scope, Exit.void)
      yield* Sources.ending(near)
      yield* Sources.ending(other)
      yield* listen(world.there, address, () => Effect.void)
    })
  )

  holds("many connections that open and close leave nothing", (world) =>
    Effect.gen(function* () {
      const { many = 2_000 } = world
      const served = yield* Mailbox.make<void>()
      const port = yield* Effect.scoped(
        Effect.gen(function* () {
          const address = yield* listen(world.there, anywhere, (end) =>
            Effect.zipRight(Sources.ending(end), Effect.asVoid(served.offer(undefined)))
          )
          yield* Effect.forEach(Array.from({ length: many }), () => Effect.scoped(world.here.dial(address)), {
            concurrency: 20,
            discard: true
          })
          assert.isAbove(yield* world.open(address.port), 0)
          for (let ended = 0; ended < many; ended++) yield* served.take
          return address.port
        })
      )
      // A socket that is cut at the end of its release is open to Node for a moment more.
      yield* Effect.repeat(Effect.delay(world.open(port), "10 millis"), { until: (left) => left === 0 })
    })
  )
}

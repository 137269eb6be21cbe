/** Guests that come and go, many of them: what they leave behind at their node and at another one. */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as MemoryMessageLog from "../../layers/MemoryMessageLog.ts"
import * as MemoryTransport from "../../layers/MemoryTransport.ts"
import * as OpenMembership from "../../layers/OpenMembership.ts"
import * as TransportPeerMesh from "../../layers/TransportPeerMesh.ts"
import { Guests } from "../../services/Guests.ts"
import { MessageLog } from "../../services/MessageLog.ts"
import { PeerMesh } from "../../services/PeerMesh.ts"
import { Room } from "../../src/domain/Post.ts"
import { id, peer } from "../support/samples.ts"
import { watchTables } from "../support/Tables.ts"

/** How many come and go. With GUESTS=10000 it takes minutes. */
const many = Number(process.env["GUESTS"] ?? 100)

/** So many tables remember the last of those that are gone: who was a guest, at both nodes, and which visit it was. */
const remembering = 3

const nodeAt = (network: MemoryTransport.Network, name: string, port: number) => {
  const { address, id, role } = peer(name, port)
  return Layer.build(
    TransportPeerMesh.layer({
      id,
      role,
      listen: address,
      member: role === "server",
      silence: "1 hour",
      patience: "1 hour",
      carries: role === "server" ? "all" : "none"
    }).pipe(
      Layer.provideMerge(MemoryMessageLog.layer({ author: id, entries: 40 })),
      Layer.provide(Layer.merge(MemoryTransport.layer(network, name), OpenMembership.layer))
    )
  )
}

const world = Effect.gen(function* () {
  const network = yield* MemoryTransport.makeNetwork
  const server = yield* nodeAt(network, "Server", 4000)
  const three = yield* nodeAt(network, "3", 6003)
  for (const node of [server, three]) yield* Effect.addFinalizer(() => Context.get(node, PeerMesh).hurry)
  yield* Effect.forkScoped(Stream.runForEach(Context.get(server, PeerMesh).joinRequests, ({ admit }) => admit))
  yield* Effect.forkScoped(Context.get(three, PeerMesh).join({ address: peer("Server", 4000).address }))
  yield* TestClock.adjust("1 second")
  return { server, three }
})

describe("guests that have come and gone", () => {
  it.scoped(
    "leave no entry in any table behind, at their node or elsewhere",
    () =>
      Effect.gen(function* () {
        const tables = yield* Effect.acquireRelease(Effect.sync(watchTables), ({ stop }) => Effect.sync(stop))
        const { server, three } = yield* world
        const guests = Context.get(server, Guests)
        const log = Context.get(server, MessageLog)
        const remote = Context.get(three, MessageLog)
        const stay = Either.getOrThrow(guests.enter(id("kim")))
        let count = 0
        const visit = Effect.gen(function* () {
          count += 1
          const name = id(`bob${count}`)
          const guest = Either.getOrThrow(guests.enter(name))
          const room = Room.make(`r${count}`)
          yield* guests.join(guest, room)
          for (const to of ["kim", "3", "Server"]) {
            assert.lengthOf(yield* guests.confide(guest, id(to), ["psst"], log.screen), 1)
          }
          yield* TestClock.adjust("10 millis")
          assert.lengthOf(yield* guests.confide(stay, name, ["what?"], log.screen), 1)
          assert.lengthOf(yield* remote.confide([name], ["what?"]), 1)
          assert.lengthOf(yield* log.confide([name], ["what?"]), 1)
          if (count % 3 === 0) guests.rename(guest, id(`rob${count}`))
          guests.leave(guest, "")
        })
        const repeat = (times: number) => Effect.forEach(Array.from({ length: times }), () => visit, { discard: true })
        yield* repeat(50)
        yield* TestClock.adjust("1 minute")
        const before = yield* tables.count
        yield* repeat(many)
        yield* TestClock.adjust("1 minute")
        const after = yield* tables.count
        const rest = (all: typeof before) => all.slice(remembering).reduce((sum, { size }) => sum + size, 0)
        assert.strictEqual(remote.rooms.size, 1)
        assert.deepStrictEqual([...log.rooms], ["main"])
        assert.isAtMost(rest(after), rest(before) + 20, JSON.stringify([before.slice(0, 12), after.slice(0, 12)]))
        for (const { size } of after.slice(0, remembering)) assert.isAtMost(size, 4_096)
      }),
    600_000
  )
})

import { assert, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { describe } from "vitest"
import * as MemoryMessageLog from "../../layers/MemoryMessageLog.ts"
import * as MemoryTransport from "../../layers/MemoryTransport.ts"
import * as OpenMembership from "../../layers/OpenMembership.ts"
import * as TransportPeerMesh from "../../layers/TransportPeerMesh.ts"
import { MeshStatus } from "../../services/MeshStatus.ts"
import { PeerMesh } from "../../services/PeerMesh.ts"
import { Transport } from "../../services/Transport.ts"
import type { ChatId } from "../../src/domain/Chat.ts"
import { PortTaken } from "../../src/domain/Errors.ts"
import { Port, serverId } from "../../src/domain/Peer.ts"
import { Run, runOf } from "../../src/domain/Post.ts"
import { encode, type Frame, protocolVersion } from "../../src/protocol/Frame.ts"
import { linkedOf } from "../support/linked.ts"
import { chatId, epoch, id, listed, peer } from "../support/samples.ts"
import { listen } from "../support/serving.ts"
import * as Sources from "../support/sources.ts"
import { make } from "./ServerWithVisitors.ts"

const { address } = peer("Server", 4000)

const world = make({ silence: "1 hour" })

/** What these frames say of other peers: the type, and who is named. */
const listings = (frames: ReadonlyArray<Frame>) =>
  frames.flatMap((frame) =>
    frame.type === "roster" || frame.type === "introduce"
      ? [
          `${frame.type} ${frame.peers
            .map(([id]) => id)
            .sort()
            .join(",")}`
        ]
      : []
  )

/** Node 3 over that transport: it waits for nobody longer than an hour. */
const nodeOver = (transport: Layer.Layer<Transport>, member: boolean) => {
  const { address, id, role } = peer("3", 6003)
  return Layer.build(
    TransportPeerMesh.layer({ id, role, listen: address, member, silence: "1 hour", patience: "1 hour" }).pipe(
      Layer.provide(MemoryMessageLog.layer({ author: id })),
      Layer.provide(Layer.merge(transport, OpenMembership.layer))
    )
  )
}

describe("TransportPeerMesh", () => {
  it.scoped("a port of ours that somebody else has is told once; after some tries the server is dialled from any", () =>
    Effect.gen(function* () {
      const network = yield* MemoryTransport.makeNetwork
      const dialled: Array<number | undefined> = []
      const transport = network.transport("3")
      const occupied: Transport["Type"] = {
        ...transport,
        dial: (to, from) => {
          dialled.push(from)
          return from === undefined
            ? transport.dial(to)
            : Effect.fail(new PortTaken({ port: from, detail: "it is in use", lingers: false }))
        }
      }
      const context = yield* nodeOver(Layer.succeed(Transport, occupied), true)
      const mesh = Context.get(context, PeerMesh)
      const told: Array<boolean> = []
      yield* Effect.forkScoped(
        Stream.runForEach(mesh.events, (event) =>
          Effect.sync(() => event._tag === "PortOccupied" && told.push(event.abandoned))
        )
      )
      yield* Effect.forkScoped(mesh.reach(serverId, { address, from: Port.make(5001) }))
      yield* TestClock.adjust("3 seconds")
      assert.deepStrictEqual(told, [false])
      yield* TestClock.adjust("2 minutes")
      assert.deepStrictEqual(told, [false, true])
      assert.deepStrictEqual(
        dialled.slice(0, 13).map((port) => port as number | undefined),
        [...Array.from({ length: 12 }, () => 5001), undefined]
      )
    })
  )

  it.scoped("of two that come, the later one is told of the other, and dials it: nobody is told twice", () =>
    Effect.gen(function* () {
      const { visit } = yield* world
      const a = (yield* visit("a")).heard
      yield* TestClock.adjust("1 second")
      const [b, c] = [(yield* visit("b")).heard, (yield* visit("c")).heard]
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(listings(a), ["roster "])
      assert.deepStrictEqual(listings(b), ["roster a"])
      assert.deepStrictEqual(listings(c), ["roster a,b"])
    })
  )

  it.scoped("those that can't find somebody are named to it in one frame, each once", () =>
    Effect.gen(function* () {
      const { visit } = yield* world
      const a = (yield* visit("a")).heard
      const [b, c] = [yield* visit("b"), yield* visit("c")]
      yield* TestClock.adjust("1 second")
      const [here, gone, elsewhere] = [id("a"), { id: id("a"), run: Run.make("0badcafe") }, { id: id("x") }] as const
      c.say({ type: "missing", peers: [gone, elsewhere, { id: id("c") }] })
      b.say({ type: "missing", peers: [{ id: here, run: runOf(epoch(1)) }] })
      c.say({ type: "missing", peers: [{ id: here }] })
      yield* TestClock.adjust("1 second")
      b.say({ type: "missing", peers: [{ id: here }] })
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(listings(a), ["roster ", "introduce b,c"])
      for (const { heard } of [b, c]) assert.lengthOf(listings(heard), 1)
    })
  )

  it.scoped("who is gone again by then is named to nobody", () =>
    Effect.gen(function* () {
      const { visit } = yield* world
      const a = (yield* visit("a")).heard
      yield* TestClock.adjust("1 second")
      yield* Effect.scoped(
        Effect.gen(function* () {
          const b = yield* visit("b")
          yield* TestClock.adjust("20 millis")
          b.say({ type: "missing", peers: [{ id: id("a") }] })
          yield* TestClock.adjust("50 millis")
        })
      )
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(listings(a), ["roster "])
    })
  )

  it.scoped("of many that a peer names some are dialled at a time, and in the end all", () =>
    Effect.gen(function* () {
      const { network, visit } = yield* world
      const dialled: Array<string> = []
      const all = Array.from({ length: 300 }, (_, at) => peer(`n${at}`, 7_000 + at))
      const letIn = yield* Deferred.make<ChatId>()
      for (const each of all) {
        yield* listen(network.transport(each.id), each.address, (connection) =>
          Effect.gen(function* () {
            dialled.push(each.id)
            const chat = yield* Deferred.await(letIn)
            yield* Sources.send(
              connection,
              encode({
                type: "welcome",
                protocol: protocolVersion,
                id: each.id,
                chat,
                epoch: epoch(1),
                member: true
              }),
              encode({ type: "have", streams: {}, more: false })
            )
            return yield* Effect.never
          }).pipe(Effect.ignore)
        )
      }
      const one = yield* visit("1")
      yield* TestClock.adjust("1 second")
      one.say({ type: "roster", peers: all.map((each) => listed(each)) })
      yield* TestClock.adjust("1 second")
      assert.lengthOf(dialled, 256)
      const welcome = one.heard.find((frame) => frame.type === "welcome")
      if (welcome?.type !== "welcome") return assert.fail()
      yield* Deferred.succeed(letIn, welcome.chat)
      yield* TestClock.adjust("1 second")
      assert.sameMembers(
        dialled,
        all.map(({ id }) => id)
      )
    })
  )

  it.scoped("whoever welcomes a node in a role that is not its own is nobody to talk to", () =>
    Effect.gen(function* () {
      const network = yield* MemoryTransport.makeNetwork
      for (const [name, port, role] of [
        ["7", 6007, "server"],
        ["Server", 4000, undefined]
      ] as const) {
        yield* listen(network.transport(name), peer(name, port).address, (connection) =>
          Effect.gen(function* () {
            yield* connection.incoming
            const welcome = { type: "welcome", protocol: protocolVersion, id: id(name), chat: chatId(1) } as const
            const more = { epoch: epoch(1), member: true, ...(role === undefined ? {} : { role }) }
            yield* Sources.send(
              connection,
              encode({ ...welcome, ...more }),
              encode({ type: "have", streams: {}, more: false })
            )
            return yield* Effect.never
          }).pipe(Effect.ignore)
        )
      }
      const context = yield* nodeOver(MemoryTransport.layer(network, "3"), false)
      const mesh = Context.get(context, PeerMesh)
      const failures = yield* Effect.forEach([peer("7", 6007), peer("Server", 4000)], ({ address }) =>
        Effect.map(Effect.flip(mesh.join({ address })), (error) => "detail" in error && error.detail)
      )
      assert.deepStrictEqual(failures, ["a server can't have the id 7", "a client can't have the id Server"])
      assert.isEmpty(yield* linkedOf(Context.get(context, MeshStatus)))
    })
  )

  it.scoped("a server that lets a node in goes without saying, even if a member that dials the node is faster", () =>
    Effect.gen(function* () {
      const network = yield* MemoryTransport.makeNetwork
      const asked = yield* Deferred.make<void>()
      const answered = yield* Deferred.make<void>()
      yield* listen(network.transport("server"), address, (connection) =>
        Effect.gen(function* () {
          yield* connection.incoming
          yield* Deferred.succeed(asked, undefined)
          yield* Deferred.await(answered)
          yield* Sources.send(
            connection,
            encode({
              type: "welcome",
              protocol: protocolVersion,
              id: serverId,
              role: "server",
              epoch: epoch(1),
              chat: chatId(1),
              member: true
            }),
            encode({ type: "have", streams: {}, more: false })
          )
          return yield* Effect.never
        }).pipe(Effect.ignore)
      )
      const context = yield* nodeOver(MemoryTransport.layer(network, "3"), false)
      const mesh = Context.get(context, PeerMesh)
      yield* Effect.forkScoped(Stream.runForEach(mesh.joinRequests, ({ admit }) => admit))
      const seen: Array<string> = []
      yield* Effect.forkScoped(
        Stream.runForEach(mesh.events, (event) =>
          Effect.sync(() => seen.push(event._tag === "Linked" ? `Linked ${event.peer.id}` : event._tag))
        )
      )
      const joined = yield* Effect.fork(mesh.join({ address }))
      yield* Deferred.await(asked)
      const member = yield* network.transport("1").dial(peer("3", 6003).address)
      yield* Sources.send(
        member,
        encode({
          type: "hello",
          protocol: protocolVersion,
          chat: chatId(1),
          id: id("1"),
          epoch: epoch(1),
          ...peer("1", 6001).address,
          member: true
        }),
        encode({ type: "have", streams: {}, more: false })
      )
      while ((yield* linkedOf(Context.get(context, MeshStatus))).length < 1) yield* Effect.yieldNow()
      yield* Deferred.succeed(answered, undefined)
      yield* Fiber.join(joined)
      assert.deepStrictEqual(
        (yield* linkedOf(Context.get(context, MeshStatus))).map((each) => `${each.id}`),
        ["1", "Server"]
      )
      yield* Effect.repeatN(Effect.yieldNow(), 20)
      assert.deepStrictEqual(seen, ["Admitted", "Linked 1"])
    })
  )
})

import { assert, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { describe } from "vitest"
import * as MemoryMessageLog from "../../layers/MemoryMessageLog.ts"
import * as MemoryTransport from "../../layers/MemoryTransport.ts"
import * as OpenMembership from "../../layers/OpenMembership.ts"
import * as TransportPeerMesh from "../../layers/TransportPeerMesh.ts"
import { PeerMesh } from "../../services/PeerMesh.ts"
import { serverId } from "../../src/domain/Peer.ts"
import { encode, type Frame, protocolVersion } from "../../src/protocol/Frame.ts"
import { makeFrameDecoder } from "../../src/protocol/FrameDecoder.ts"
import { epoch, id, peer } from "../support/samples.ts"
import * as Sources from "../support/sources.ts"

const { address } = peer("Server", 4000)

/** A network with a server in it that lets everyone in; who visits it says what it likes. */
const world = Effect.gen(function* () {
  const network = yield* MemoryTransport.makeNetwork
  const context = yield* Layer.build(
    TransportPeerMesh.layer({
      id: serverId,
      listen: address,
      member: true,
      silence: "1 hour",
      patience: "1 hour"
    }).pipe(
      Layer.provide(MemoryMessageLog.layer({ author: serverId })),
      Layer.provide(Layer.merge(MemoryTransport.layer(network, "server"), OpenMembership.layer))
    )
  )
  yield* Effect.forkScoped(Stream.runForEach(Context.get(context, PeerMesh).knocks, ({ admit }) => admit))

  /** Comes in under that name; returns all frames that it is sent from then on, a list that grows. */
  const visit = (name: string) =>
    Effect.gen(function* () {
      const connection = yield* network.transport(name).dial(address)
      const decode = makeFrameDecoder()
      const heard: Array<Frame> = []
      yield* Effect.forkScoped(
        Effect.forever(Effect.map(connection.incoming, (pieces) => heard.push(...Either.getOrThrow(decode(pieces)))))
      )
      yield* Sources.send(
        connection,
        encode({
          type: "hello",
          protocol: protocolVersion,
          id: id(name),
          epoch: epoch(1),
          ...peer(name, 6000).address,
          member: true
        }),
        encode({ type: "have", streams: {}, more: false })
      )
      return heard
    })
  return { visit }
})

/** What these frames say of other peers: the type, and who is named. */
const listings = (frames: ReadonlyArray<Frame>) =>
  frames.flatMap((frame) =>
    frame.type === "roster" || frame.type === "introduce"
      ? [`${frame.type} ${frame.peers.map((each) => each.id).join(",")}`]
      : []
  )

describe("TransportPeerMesh", () => {
  it.scoped("those who come together are introduced in one frame to each, and each is named to each", () =>
    Effect.gen(function* () {
      const { visit } = yield* world
      const a = yield* visit("a")
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(listings(a), ["roster ", "introduce a"])
      const [b, c] = [yield* visit("b"), yield* visit("c")]
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(listings(a), ["roster ", "introduce a", "introduce b,c"])
      assert.deepStrictEqual(listings(b), ["roster a", "introduce b,c"])
      assert.deepStrictEqual(listings(c), ["roster a,b", "introduce b,c"])
    })
  )

  it.scoped("who is gone again by then is introduced to nobody", () =>
    Effect.gen(function* () {
      const { visit } = yield* world
      const a = yield* visit("a")
      yield* TestClock.adjust("1 second")
      yield* Effect.scoped(Effect.zipRight(visit("b"), TestClock.adjust("5 millis")))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(listings(a), ["roster ", "introduce a"])
    })
  )
})

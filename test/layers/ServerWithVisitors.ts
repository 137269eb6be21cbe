/** A mesh that lets everyone in, on a network in memory, and visitors that say what a test likes. */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as MemoryMessageLog from "../../layers/MemoryMessageLog.ts"
import * as MemoryTransport from "../../layers/MemoryTransport.ts"
import * as OpenMembership from "../../layers/OpenMembership.ts"
import * as TransportPeerMesh from "../../layers/TransportPeerMesh.ts"
import { Guests } from "../../services/Guests.ts"
import { MeshStatus } from "../../services/MeshStatus.ts"
import { MessageLog } from "../../services/MessageLog.ts"
import { PeerMesh } from "../../services/PeerMesh.ts"
import { type Peer, type PeerId, roleOf } from "../../src/domain/Peer.ts"
import type { Room } from "../../src/domain/Post.ts"
import { farAddress, type Site, siteOf } from "../../src/domain/Site.ts"
import { type Control, encode, type Frame, naming, protocolVersion } from "../../src/protocol/Frame.ts"
import { makeFrameDecoder } from "../../src/protocol/FrameDecoder.ts"
import { epoch, id, peer } from "../support/samples.ts"
import * as Sources from "../support/sources.ts"

/** Where a node is: the server of a site is reached from afar too. */
const placeOf = (self: PeerId): MemoryTransport.Place => {
  const site = siteOf(self)
  return site === undefined ? {} : { site }
}

/**
 * The server; `silence` as the mesh has it. `admitting`: what the program does before it admits a visitor. `rooms`: those
 * of the server. `self`: another node in its place.
 */
export const make = (
  silence: {
    readonly silence: Duration.DurationInput
    readonly silenceALink?: Duration.DurationInput
  },
  admitting: (peer: Peer) => Effect.Effect<void> = () => Effect.void,
  rooms: ReadonlyArray<Room> = [],
  { address, id: selfId, role: selfRole }: Peer = peer("Server", 4000)
) =>
  Effect.gen(function* () {
    const network = yield* MemoryTransport.makeNetwork
    const context = yield* Layer.build(
      TransportPeerMesh.layer({
        id: selfId,
        role: selfRole,
        listen: address,
        member: true,
        patience: "1 hour",
        ...silence
      }).pipe(
        Layer.provideMerge(MemoryMessageLog.layer({ author: selfId, rooms })),
        Layer.provide(Layer.merge(MemoryTransport.layer(network, "server", placeOf(selfId)), OpenMembership.layer))
      )
    )
    const mesh = Context.get(context, PeerMesh)
    const status = Context.get(context, MeshStatus)
    const log = Context.get(context, MessageLog)
    // It waits for nobody in the end: the clock stands still by then.
    yield* Effect.addFinalizer(() => mesh.hurry)
    yield* Effect.forkScoped(
      Stream.runForEach(mesh.joinRequests, ({ admit, peer }) => Effect.zipRight(admitting(peer), admit))
    )

    /**
     * A run of that name comes, and answers each frame as it likes; returns all that it is sent, a list that grows. `role`:
     * what it says that it is; `site`: it comes from afar, from the server of that site. `hears`: whether it wants to be
     * told of guests.
     */
    const visit = (
      name: string,
      answer: (frame: Frame) => ReadonlyArray<Control> = () => [],
      run = 1,
      role = roleOf(id(name)),
      member = true,
      site?: Site,
      hears = true
    ) =>
      Effect.gen(function* () {
        const own = siteOf(selfId)
        const connection = yield* site === undefined || own === undefined
          ? network.transport(name).dial(address)
          : network.transport(name, { site }).dial(farAddress(own))
        const queue = Sources.queue()
        connection.drain(queue)
        const put = (...lines: ReadonlyArray<Uint8Array>): void => {
          for (const line of lines) queue.put(line)
          connection.wake()
        }
        const say = (...frames: ReadonlyArray<Control>): void => put(...frames.map(encode))
        const decode = makeFrameDecoder()
        const heard: Array<Frame> = []
        yield* Effect.forkScoped(
          Effect.forever(
            Effect.map(connection.incoming, (pieces) => {
              const frames = Either.getOrThrow(decode(pieces))
              heard.push(...frames)
              say(...frames.flatMap(answer))
            })
          )
        )
        say(
          {
            type: "hello",
            protocol: protocolVersion,
            ...naming({ id: id(name), role }),
            epoch: epoch(run),
            ...(site === undefined ? peer(name, 6000).address : farAddress(site)),
            ...(hears ? { guests: true } : {}),
            member
          },
          { type: "have", streams: {}, more: false }
        )
        return { close: connection.finish, heard, put, say }
      })
    return { guests: Context.get(context, Guests), log, mesh, network, status, visit }
  })

/** A server under a hostile peer, in virtual time: whatever comes, it goes on, and who means well still comes in and talks. */

import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as MemoryMessageLog from "../../layers/MemoryMessageLog.ts"
import * as MemoryTransport from "../../layers/MemoryTransport.ts"
import * as OpenMembership from "../../layers/OpenMembership.ts"
import * as TransportPeerMesh from "../../layers/TransportPeerMesh.ts"
import { MessageLog } from "../../services/MessageLog.ts"
import { PeerMesh } from "../../services/PeerMesh.ts"
import { type PeerId, type Port, roleOf } from "../../src/domain/Peer.ts"
import { mainRoom } from "../../src/domain/Post.ts"
import { SynchronousSteps } from "../../src/domain/Turns.ts"
import { type Control, encode, protocolVersion } from "../../src/protocol/Frame.ts"
import { id, peer } from "../support/samples.ts"
import * as Sources from "../support/sources.ts"
import { run } from "../support/VirtualTime.ts"
import type { Log } from "../support/wholeLog.ts"
import { type Mutator, makeMutator } from "./mutate.ts"

/** So many lines a hostile connection sends, and so many connections a run has. */
const mostLines = 60
const connections = 4

const nodeOf = (network: MemoryTransport.Network, name: PeerId, port: number, member: boolean) =>
  Effect.gen(function* () {
    const node = yield* Layer.build(
      TransportPeerMesh.layer({
        id: name,
        role: roleOf(name),
        listen: peer(name, port).address,
        member,
        silence: "3 seconds",
        patience: "5 seconds"
      }).pipe(
        Layer.provideMerge(MemoryMessageLog.layer({ author: name })),
        Layer.provide(Layer.merge(MemoryTransport.layer(network, name), OpenMembership.layer))
      )
    )
    const mesh = Context.get(node, PeerMesh)
    yield* Effect.forkScoped(Stream.runForEach(mesh.joinRequests, (joinRequest) => joinRequest.admit))
    return { mesh, log: Context.get(node, MessageLog) as Log }
  })

const hello = (name: string, epoch: string): Control => ({
  type: "hello",
  protocol: protocolVersion,
  id: id(name),
  epoch: epoch as never,
  host: "localhost" as never,
  port: 7_000 as Port,
  member: true
})

/** Connects, introduces itself or not, and sends whatever the mutator has; returns how many lines. */
const attack = (network: MemoryTransport.Network, mutator: Mutator, name: string) =>
  Effect.gen(function* () {
    const connection = yield* network.transport(name).dial(peer("Server", 4_000).address)
    const queue = Sources.queue()
    connection.drain(queue)
    yield* Effect.forkScoped(Effect.exit(Effect.forever(connection.incoming)))
    const send = (bytes: Uint8Array) =>
      Effect.sync(() => {
        queue.put(bytes)
        connection.wake()
      })
    if (mutator.maybe(0.9)) yield* send(encode(hello(mutator.pick(["x", "1", "2"]), "1767225600000-0badcafe")))
    if (mutator.maybe(0.9)) yield* send(encode({ type: "have", streams: {}, more: false }))
    // A line that is none ends the link: most are well-formed, and mean ill.
    const lines = Array.from({ length: 1 + mutator.below(mostLines) }, () =>
      mutator.maybe(0.98) ? mutator.grammatical() : mutator.line()
    )
    for (const line of lines) {
      yield* send(line)
      if (mutator.maybe(0.1)) yield* Effect.sleep(mutator.below(2_000))
    }
    yield* Effect.sleep(mutator.below(3_000))
    return lines.length
  }).pipe(Effect.scoped)

const story = (mutator: Mutator) =>
  Effect.gen(function* () {
    const network = yield* MemoryTransport.makeNetwork
    const server = yield* nodeOf(network, id("Server"), 4_000, true)
    yield* server.log.say(mainRoom, ["welcome"])
    let sent = 0
    for (let n = 0; n < connections; n += 1) sent += yield* attack(network, mutator, `hostile ${n}`)
    const guest = yield* nodeOf(network, id("guest"), 6_000, false)
    yield* guest.mesh.join({ address: peer("Server", 4_000).address })
    yield* guest.log.say(mainRoom, ["hello"])
    const hasHeard = Effect.sync(() => server.log.have(guest.log.streamIn(mainRoom)) === 1)
    yield* Effect.repeat(Effect.delay(hasHeard, "100 millis"), { until: (heard) => heard }).pipe(
      Effect.timeoutFail({ duration: "1 minute", onTimeout: () => "who means well is not heard" })
    )
    return sent
  }).pipe(Effect.scoped)

/** Attacks as drawn from that seed, at least so many inputs. Throws if a run goes wrong. */
export const mesh = (seed: number, inputs: number): void => {
  for (let sent = 0, round = 0; sent < inputs; round += 1) {
    const mutator = makeMutator(seed * 1_000 + round)
    // Either way, in one run: at once, or as an effect.
    const ways = Effect.provideService(story(mutator), SynchronousSteps, () => mutator.maybe(0.5))
    const exit = run(ways, seed)
    if (Exit.isFailure(exit)) throw new Error(`round ${round}: ${Cause.pretty(exit.cause)}`)
    sent += exit.value
  }
}

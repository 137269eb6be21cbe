/** A ServerRegistry over a PortStore and a PeerMesh. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type JoinRequest, PeerMesh } from "../services/PeerMesh.ts"
import { PortStore } from "../services/PortStore.ts"
import { ServerRegistry } from "../services/ServerRegistry.ts"
import { formatAddress, type Peer, type PeerId } from "../src/domain/Peer.ts"

const make = Effect.gen(function* () {
  const mesh = yield* PeerMesh
  const store = yield* PortStore
  const oneAtATime = (yield* Effect.makeSemaphore(1)).withPermits(1)
  /**
   * Forgets a client without a link. A client that begins to join after the check is recorded after this has forgotten
   * it, because both take turns.
   */
  const forgetAbsent = (id: PeerId) =>
    oneAtATime(Effect.suspend(() => (mesh.isPresent(id) ? Effect.void : store.forget(id))))
  return ServerRegistry.of({
    admit: Effect.fn("ServerRegistry.admit")(function* ({ admit, passing, peer, refuse }: JoinRequest) {
      yield* Effect.annotateCurrentSpan({ id: peer.id, address: formatAddress(peer.address) })
      if (!passing) yield* Effect.tapError(oneAtATime(store.record(peer)), ({ detail }) => refuse(detail))
      yield* admit
    }),
    callBack: store.all.pipe(
      Effect.tap(Effect.forEach(mesh.keep, { discard: true })),
      Effect.withSpan("ServerRegistry.callBack")
    ),
    remember: Effect.fn("ServerRegistry.remember")((peer: Peer) => oneAtATime(store.record(peer))),
    dismiss: Effect.fn("ServerRegistry.dismiss")((id: PeerId) => Effect.zipRight(mesh.settled(id), forgetAbsent(id))),
    expel: Effect.fn("ServerRegistry.expel")((id: PeerId) => oneAtATime(store.forget(id))),
    trouble: store.trouble
  })
})

export const layer: Layer.Layer<ServerRegistry, never, PeerMesh | PortStore> = Layer.effect(ServerRegistry, make)

/** A ServerRegistry over a PortStore and a PeerMesh. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type JoinRequest, PeerMesh } from "../services/PeerMesh.ts"
import { PortStore } from "../services/PortStore.ts"
import { ServerRegistry } from "../services/ServerRegistry.ts"
import { formatAddress, type Peer, type PeerId } from "../src/domain/Peer.ts"
import { inSpan } from "../src/domain/Span.ts"

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
    admit: ({ admit, passing, peer, refuse }: JoinRequest) =>
      (passing ? Effect.void : Effect.tapError(oneAtATime(store.record(peer)), ({ detail }) => refuse(detail))).pipe(
        Effect.zipRight(admit),
        inSpan("ServerRegistry.admit", () => ({ id: peer.id, address: formatAddress(peer.address) }))
      ),
    callBack: store.all.pipe(
      Effect.tap(Effect.forEach(mesh.keep, { discard: true })),
      Effect.withSpan("ServerRegistry.callBack")
    ),
    remember: (peer: Peer) => inSpan("ServerRegistry.remember")(oneAtATime(store.record(peer))),
    dismiss: Effect.fn("ServerRegistry.dismiss")((id: PeerId) => Effect.zipRight(mesh.settled(id), forgetAbsent(id))),
    expel: Effect.fn("ServerRegistry.expel")((id: PeerId) => oneAtATime(store.forget(id))),
    trouble: store.trouble
  })
})

export const layer: Layer.Layer<ServerRegistry, never, PeerMesh | PortStore> = Layer.effect(ServerRegistry, make)

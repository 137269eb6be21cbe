/** A ServerRegistry over a PortStore and a PeerMesh. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { PeerMesh } from "../services/PeerMesh.ts"
import { PortStore } from "../services/PortStore.ts"
import { ServerRegistry } from "../services/ServerRegistry.ts"
import type { PeerId } from "../src/domain/Peer.ts"

const make = Effect.gen(function* () {
  const mesh = yield* PeerMesh
  const store = yield* PortStore
  const oneAtATime = (yield* Effect.makeSemaphore(1)).withPermits(1)
  /** Whoever begins to come in after this has looked is put on record after this has forgotten it. */
  const forgetAbsent = (id: PeerId) =>
    oneAtATime(Effect.suspend(() => (mesh.isPresent(id) ? Effect.void : store.forget(id))))
  return ServerRegistry.of({
    admit: (joinRequest) =>
      joinRequest.passing
        ? joinRequest.admit
        : oneAtATime(store.record(joinRequest.peer)).pipe(
            Effect.tapError((error) => joinRequest.refuse(error.detail)),
            Effect.zipRight(joinRequest.admit)
          ),
    callBack: Effect.tap(store.all, Effect.forEach(mesh.keep, { discard: true })),
    remember: (peer) => oneAtATime(store.record(peer)),
    dismiss: (id) => Effect.zipRight(mesh.settled(id), forgetAbsent(id)),
    expel: (id) => oneAtATime(store.forget(id)),
    trouble: store.trouble
  })
})

export const layer: Layer.Layer<ServerRegistry, never, PeerMesh | PortStore> = Layer.effect(ServerRegistry, make)

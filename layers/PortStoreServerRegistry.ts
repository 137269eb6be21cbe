/** A ServerRegistry over a PortStore and a PeerMesh. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { PeerMesh } from "../services/PeerMesh.ts"
import { PortStore } from "../services/PortStore.ts"
import { ServerRegistry } from "../services/ServerRegistry.ts"

const make = Effect.gen(function* () {
  const mesh = yield* PeerMesh
  const store = yield* PortStore
  return ServerRegistry.of({
    admit: (knock) =>
      store.record(knock.peer).pipe(
        Effect.tapError((error) => knock.refuse(error.detail)),
        Effect.zipRight(knock.admit)
      ),
    callBack: Effect.tap(store.all, Effect.forEach(mesh.keep, { discard: true })),
    dismiss: store.forget,
    trouble: store.trouble
  })
})

export const layer: Layer.Layer<ServerRegistry, never, PeerMesh | PortStore> = Layer.effect(ServerRegistry, make)

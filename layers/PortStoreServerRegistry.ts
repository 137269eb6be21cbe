/** A ServerRegistry over a PortStore and a PeerMesh. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type JoinRequest, PeerMesh } from "../services/PeerMesh.ts"
import { PortStore } from "../services/PortStore.ts"
import { ServerRegistry } from "../services/ServerRegistry.ts"
import type { IdElsewhere, PortStoreUnavailable } from "../src/domain/Errors.ts"
import { formatAddress, type Peer, type PeerId } from "../src/domain/Peer.ts"
import { inSpan } from "../src/domain/Span.ts"

const make = Effect.gen(function* () {
  const mesh = yield* PeerMesh
  const store = yield* PortStore
  return ServerRegistry.of({
    admit: ({ admit, passing, peer, refuse, run }: JoinRequest) =>
      // Servers of other sites are found without the record.
      (passing || peer.role === "server"
        ? Effect.void
        : Effect.tapError(store.record(peer, run), refusal(mesh, refuse))
      ).pipe(
        Effect.zipRight(admit),
        // It has gone while it was recorded, so nothing will happen to it.
        Effect.tap(() =>
          passing || mesh.isPresent(peer.id) ? Effect.void : store.forget(peer.id, () => mesh.isPresent(peer.id))
        ),
        inSpan("ServerRegistry.admit", () => ({ id: peer.id, address: formatAddress(peer.address) }))
      ),
    callBack: store.all.pipe(
      Effect.tap(Effect.forEach(mesh.keep, { discard: true })),
      Effect.tap((kept) => Effect.forEach(kept, ({ id }) => store.lost(id), { discard: true })),
      Effect.withSpan("ServerRegistry.callBack")
    ),
    remember: (peer: Peer) =>
      peer.role === "server"
        ? Effect.void
        : store.record(peer, mesh.runOf(peer.id)).pipe(
            Effect.tapErrorTag("IdElsewhere", () => mesh.letGo(peer.id)),
            inSpan("ServerRegistry.remember")
          ),
    lost: store.lost,
    // A client that begins to join after the check is recorded after this has forgotten it.
    dismiss: Effect.fn("ServerRegistry.dismiss")((id: PeerId) =>
      Effect.zipRight(
        mesh.settled(id),
        store.forget(id, () => mesh.isPresent(id))
      )
    ),
    expel: Effect.fn("ServerRegistry.expel")((id: PeerId) => store.forget(id)),
    trouble: store.trouble
  })
})

/** Whoever has the id at another site, and is there, keeps it. Otherwise the visitor may try again. */
const refusal =
  (mesh: PeerMesh["Type"], refuse: JoinRequest["refuse"]) =>
  (error: PortStoreUnavailable | IdElsewhere): Effect.Effect<void> => {
    if (error._tag === "PortStoreUnavailable") return refuse(error.detail)
    return mesh.isElsewhere(error.id) ? refuse(error.message, "id-taken") : refuse(error.detail)
  }

export const layer: Layer.Layer<ServerRegistry, never, PeerMesh | PortStore> = Layer.effect(ServerRegistry, make)

/** What a server does for the other sites of its chat, if there are any. */
import * as Effect from "effect/Effect"
import * as FiberMap from "effect/FiberMap"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { PeerMesh } from "../../services/PeerMesh.ts"
import { Sites } from "../../services/Sites.ts"
import type { Peer, PeerId } from "../domain/Peer.ts"
import { farAddress, type Site, siteOf } from "../domain/Site.ts"

/**
 * Keeps a link to the server of each other site until the scope closes, and tells the clients of this server which
 * servers there are. Nothing if the chat has no sites.
 */
export const keepLinksToSites: Effect.Effect<void, never, PeerMesh | Scope.Scope> = Effect.flatMap(
  Effect.serviceOption(Sites),
  Option.match({
    onNone: () => Effect.void,
    onSome: ({ listensAt, servers, site: own }) =>
      Effect.gen(function* () {
        const mesh = yield* PeerMesh
        const links = yield* FiberMap.make<PeerId, void>()
        yield* listensAt(mesh.self.address)
        const keep = ({ id }: Peer, site: Site): Effect.Effect<void> =>
          Effect.forever(Effect.zipRight(mesh.reach(id, { address: farAddress(site) }), mesh.awaitLoss(id)))
        const follow = (all: ReadonlyArray<Peer>): Effect.Effect<void> =>
          Effect.gen(function* () {
            yield* mesh.tellServers(all)
            const others = all.flatMap((peer) => {
              const site = siteOf(peer.id)
              return site === undefined || site === own ? [] : [{ peer, site }]
            })
            const ids = new Set(others.map(({ peer }) => peer.id))
            for (const [id] of links) if (!ids.has(id)) yield* FiberMap.remove(links, id)
            for (const { peer, site } of others) {
              yield* FiberMap.run(links, peer.id, keep(peer, site), { onlyIfMissing: true })
            }
          })
        yield* Effect.forkScoped(Stream.runForEach(servers.changes, follow))
      })
  })
)

/** Dials other nodes, and serves the links that come from it. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberSet from "effect/FiberSet"
import type { Route } from "../../services/PeerMesh.ts"
import type { Transport } from "../../services/Transport.ts"
import { PeerUnreachable } from "../../src/domain/Errors.ts"
import { formatAddress, type PeerId } from "../../src/domain/Peer.ts"
import { named } from "../../src/protocol/Frame.ts"
import type { Attempt, CallFailed } from "./Attempt.ts"
import type { Entrance } from "./Entrance.ts"
import * as Handshake from "./Handshake.ts"
import type { Node } from "./Node.ts"
import * as Wire from "./Wire.ts"

interface Needs extends Entrance {
  readonly transport: Transport["Type"]
}

export const make = (
  { log, membership, table }: Node,
  { begin, converse, deadlines, linkOver, replication, self, transport }: Needs
) =>
  Effect.gen(function* () {
    const conversations = yield* FiberSet.make<void, never>()
    /** Peers that have answered a dial that is still under way. */
    const answering = new Set<PeerId>()

    /** Marks a peer as answering until the scope closes. */
    const answered = (id: PeerId) =>
      Effect.acquireRelease(
        Effect.sync(() => answering.add(id)),
        () => Effect.sync(() => answering.delete(id))
      )

    const conversation = (route: Route, begun: Attempt, to?: PeerId): Effect.Effect<void> =>
      Effect.gen(function* () {
        const connection = yield* transport.dial(route.address, route.from)
        begun.connected()
        const mistaken = (detail: string) => new PeerUnreachable({ address: route.address, detail })
        yield* Effect.mapError(membership.meets(connection, to ?? route.id), mistaken)
        const wire = yield* Wire.make(connection, log)
        if (to !== undefined) yield* answered(to)
        // Who asks to be let in is a newcomer there, even if somebody else has been faster to let it in.
        const shown = begun.joins ? { ...self(connection), member: false } : { ...self(connection), history: 0 }
        const { rest, welcome } = yield* Handshake.call(wire, deadlines, shown, route.address, to)
        if (!membership.isCalled(connection, welcome.id)) return yield* mistaken("it has another node's key")
        const peer = { ...named(welcome), address: route.address }
        if (!membership.hasRole(peer)) return yield* mistaken(`a ${peer.role} can't have the id ${peer.id}`)
        // A newcomer begins anew once it hears that: when it calls this node itself.
        if (!welcome.member && replication.isOutdated(welcome.id, welcome.epoch)) {
          return yield* mistaken("it started too long ago, by its clock")
        }
        const link = linkOver(wire, peer, welcome, { byUs: true, attempt: begun, owed: shown.history })
        yield* converse(link, rest)
      }).pipe(
        Effect.scoped,
        Effect.catchAll((error) => begun.settle(Exit.fail(error))),
        Effect.ensuring(
          Effect.suspend(() =>
            begun.settle(Exit.fail(new PeerUnreachable({ address: route.address, detail: "it closed the connection" })))
          )
        )
      )

    return {
      /** Dials an address once. When this returns, the link is up, and goes on in the background. */
      call: Effect.fn("PeerMesh.call")(
        function* (route: Route, to?: PeerId) {
          yield* Effect.annotateCurrentSpan({ address: formatAddress(route.address), to })
          const told = yield* Deferred.make<void, CallFailed>()
          yield* FiberSet.run(conversations, conversation(route, begin(to, { told }), to))
          yield* Deferred.await(told)
        },
        Effect.tapErrorTag("NotAdmitted", ({ after }) =>
          after === undefined ? Effect.void : replication.outlived(after)
        )
      ),
      /** Whether a peer has answered a dial, and the link is not up yet. */
      isAnswering: (id: PeerId): boolean => answering.has(id) && !table.links.has(id)
    }
  })

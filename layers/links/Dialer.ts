/** Dials other nodes, and serves the links that come from it. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as FiberSet from "effect/FiberSet"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Subscribable from "effect/Subscribable"
import type { Route } from "../../services/PeerMesh.ts"
import type { Transport } from "../../services/Transport.ts"
import { PeerUnreachable } from "../../src/domain/Errors.ts"
import { formatAddress, hasRole, type PeerId } from "../../src/domain/Peer.ts"
import { named } from "../../src/protocol/Frame.ts"
import type { Attempt, CallFailed } from "./Attempt.ts"
import type { Entrance } from "./Entrance.ts"
import * as Handshake from "./Handshake.ts"
import type { Node } from "./Node.ts"
import type { Servers } from "./Servers.ts"
import { Wire } from "./Wire.ts"

interface Needs extends Entrance {
  readonly servers: Pick<Servers, "answers">
  readonly transport: Transport["Type"]
}

export const make = (
  { clock, log, membership, peers, scope, table }: Node,
  { begin, converse, deadlines, linkOver, replication, self, servers, transport }: Needs
) =>
  Effect.gen(function* () {
    const dials = yield* FiberSet.make<void, never>()
    const run = yield* FiberSet.makeRuntime<never, void, never>()
    /** Open as long as the node runs. Closing it closes all connections at the same time. */
    const lives = yield* Scope.fork(scope, ExecutionStrategy.parallel)
    /** Peers that have answered a dial of this node, and have or may get a link from it. */
    const answered = new Set<PeerId>()
    let version = 0
    const answers = (id: PeerId, does: boolean) =>
      Effect.sync(() => {
        if (does) answered.add(id)
        else answered.delete(id)
        version += 1
        peers.changed()
      })
    const answering = (): ReadonlySet<PeerId> => new Set([...answered].filter((id) => !table.links.has(id)))

    /** The link that an attempt makes. `release` gives up its connection. */
    const linked = (route: Route, begun: Attempt, release: () => void, to?: PeerId) =>
      Effect.gen(function* () {
        const connection = yield* transport.dial(route.address, route.from)
        begun.connected()
        const mistaken = (detail: string) => new PeerUnreachable({ address: route.address, detail })
        yield* Effect.mapError(membership.meets(connection, to ?? route.id), mistaken)
        const wire = new Wire(connection, log, clock)
        if (to !== undefined) {
          yield* Effect.acquireRelease(answers(to, true), () => answers(to, false))
        }
        // Who asks to be let in is a newcomer there, even if somebody else has been faster to let it in.
        const shown = begun.joins ? { ...self(connection), member: false } : { ...self(connection), history: 0 }
        const { rest, welcome } = yield* Handshake.call(wire, deadlines, shown, route.address, to)
        if (!membership.isCalled(connection, welcome.id)) return yield* mistaken("it has another node's key")
        const peer = { ...named(welcome), address: route.address }
        if (!hasRole(peer)) return yield* mistaken(`a ${peer.role} can't have the id ${peer.id}`)
        if (peer.role === "server") servers.answers(route.address, peer.id)
        // A newcomer begins anew once it hears that: when it calls this node itself.
        if (!welcome.member && replication.isOutdated(welcome.id, welcome.epoch)) {
          return yield* mistaken("it started too long ago, by its clock")
        }
        converse(
          linkOver(wire, peer, welcome, {
            byUs: true,
            attempt: begun,
            owed: shown.history,
            told: shown.rooms,
            release
          }),
          rest
        )
      })

    /**
     * One attempt. Its scope is closed when it has failed, or else when the link has ended: until then no fiber waits for
     * that.
     */
    const dial = (route: Route, begun: Attempt, to?: PeerId): Effect.Effect<void> =>
      Effect.flatMap(Scope.fork(lives, ExecutionStrategy.sequential), (life) => {
        const close = Scope.close(life, Exit.void)
        const release = () => void run(close)
        return linked(route, begun, release, to).pipe(
          Scope.extend(life),
          Effect.onExit((exit) => (Exit.isSuccess(exit) ? Effect.void : close)),
          Effect.catchAll((error) => begun.settle(Exit.fail(error)) ?? Effect.void)
        )
      })

    return {
      /** Dials an address once. When this returns, the link is up, and goes on in the background. */
      call: Effect.fn("PeerMesh.call")(
        function* (route: Route, to?: PeerId) {
          yield* Effect.annotateCurrentSpan({ address: formatAddress(route.address), to })
          const told = yield* Deferred.make<void, CallFailed>()
          yield* FiberSet.run(dials, dial(route, begin(to, { told }), to))
          yield* Deferred.await(told)
        },
        Effect.tapErrorTag("NotAdmitted", ({ after }) =>
          after === undefined ? Effect.void : replication.outlived(after)
        )
      ),
      /** The peers that have answered a dial, and whose link is not up yet. A link that comes up is told as an event. */
      answering: Subscribable.make({
        get: Effect.sync(answering),
        changes: Stream.unfoldEffect(-1, (told) =>
          Effect.map(
            peers.until(() => version !== told),
            () => Option.some([answering(), version] as const)
          )
        )
      })
    }
  })

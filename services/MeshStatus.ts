/**
 * The state of the mesh: which peers are there, and how far own posts have come. For screens, metrics, and a node that
 * leaves.
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Subscribable from "effect/Subscribable"
import type { Delivery } from "../src/domain/Delivery.ts"
import type { PeerId } from "../src/domain/Peer.ts"
import type { PeerStatus } from "../src/domain/PeerStatus.ts"
import type { StreamId } from "../src/domain/Post.ts"
import type { ServersSeen } from "../src/domain/ServersSeen.ts"

export class MeshStatus extends Context.Tag("outlive/MeshStatus")<
  MeshStatus,
  {
    /** All peers that this node knows: those with a link, those that it is dialling, and those that it has given up. */
    readonly peerStatuses: Effect.Effect<ReadonlyArray<PeerStatus>>
    /** The servers to which there is a link, and since when there is none. */
    readonly servers: () => ServersSeen
    /**
     * Calls a plain function when that may have changed, round trips too, or when a peer has confirmed something, until
     * the function that is returned is called. It must be cheap and must not throw.
     */
    readonly onChange: (look: () => void) => () => void
    /** The peers that have answered a dial of this node, and whose link is not up yet: now, and at each change. */
    readonly answering: Subscribable.Subscribable<ReadonlySet<PeerId>>
    /** The limit of silence for the present number of links. */
    readonly silence: Effect.Effect<Duration.Duration>
    /** How far own posts have come: now, and at each change. Peers confirm once a second. */
    readonly delivery: Subscribable.Subscribable<Delivery>
    /** The same now, in a plain call: for what is shown with every post. */
    readonly deliveryNow: () => Delivery
    /** How many peers are known to have a stream of this node up to number `n`. Peers that have gone count too. */
    readonly holders: (stream: StreamId, n: number) => Effect.Effect<number>
    /** Returns as soon as at least `count` peers are known to have it. */
    readonly awaitHolders: (stream: StreamId, n: number, count: number) => Effect.Effect<void>
    /** How many posts were handed to links, counted once for each link. */
    readonly sent: Effect.Effect<number>
  }
>() {}

/** How it stands with the others, and with what this node says: what screens, figures and whoever leaves read. */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Subscribable from "effect/Subscribable"
import type { Delivery } from "../src/domain/Delivery.ts"
import type { PeerId } from "../src/domain/Peer.ts"
import type { PeerStatus } from "../src/domain/PeerStatus.ts"
import type { StreamId } from "../src/domain/Post.ts"

export class MeshStatus extends Context.Tag("outlive/MeshStatus")<
  MeshStatus,
  {
    /** Everybody in the chat whom this node knows of: those with whom there is a link now, those whom it is dialling, and those it has given up and hears through others. */
    readonly peerStatuses: Effect.Effect<ReadonlyArray<PeerStatus>>
    /** Whether that peer has taken a call of this node, and the link is not up yet. */
    readonly isAnswering: (id: PeerId) => boolean
    /** After how much silence a peer is lost, with as many links as there are now. */
    readonly silence: Effect.Effect<Duration.Duration>
    /** How far what this node says has come: now, and again at each change. Peers tell it once a second. */
    readonly delivery: Subscribable.Subscribable<Delivery>
    /** How many peers are known to have a stream of this node up to number `n`. One that had it and is gone counts. */
    readonly holders: (stream: StreamId, n: number) => Effect.Effect<number>
    /** Returns as soon as at least so many peers are known to have it. */
    readonly awaitHolders: (stream: StreamId, n: number, count: number) => Effect.Effect<void>
    /** How many posts were handed to links, each as often as it was. */
    readonly sent: Effect.Effect<number>
  }
>() {}

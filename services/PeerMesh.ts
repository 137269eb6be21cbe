/** One live link to every peer: what a program's life needs of the others. `MeshStatus` has what is read of them. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type {
  ForeignChat,
  Forked,
  IdLooksAlike,
  IdTaken,
  NotAdmitted,
  NotInvited,
  PeerUnreachable,
  PortTaken
} from "../src/domain/Errors.ts"
import type { MeshEvent } from "../src/domain/MeshEvent.ts"
import type { Address, Peer, PeerId, Port } from "../src/domain/Peer.ts"

/** Somebody who has introduced itself and waits to be let in. It gives up after the handshake's limit. */
export interface JoinRequest {
  readonly peer: Peer
  /** Whether it comes for a moment only: it is not to be remembered. */
  readonly passing: boolean
  /** Lets it in: the link is up when this returns, or the visitor is gone. */
  readonly admit: Effect.Effect<void>
  /** Sends it away for now; it may come again. */
  readonly refuse: (detail: string) => Effect.Effect<void>
}

/** Where a node is to be dialled, and from which port of ours if that matters. */
export interface Route {
  readonly address: Address
  readonly from?: Port
  /** Who is expected there, if that matters: on a secure connection nobody else is told anything. */
  readonly id?: PeerId
}

export class PeerMesh extends Context.Tag("outlive/PeerMesh")<
  PeerMesh,
  {
    /** This node, and the address at which the others reach it. */
    readonly self: Peer
    /** Joins the chat through whoever listens there, in one attempt: this node is in it when this returns. */
    readonly join: (
      route: Route
    ) => Effect.Effect<
      void,
      PeerUnreachable | PortTaken | NotAdmitted | NotInvited | IdTaken | IdLooksAlike | ForeignChat
    >
    /** Those who ask to come in. A taken id is refused before it comes here. */
    readonly joinRequests: Stream.Stream<JoinRequest>
    /** Keeps a link to that peer from now on, in the background: it is `GivenUp` when it can't be reached for long. */
    readonly keep: (peer: Peer) => Effect.Effect<void>
    /** Dials, gently, until there is a link to that peer, whoever made it. */
    readonly reach: (id: PeerId, route: Route) => Effect.Effect<void>
    /** Returns as soon as there is no link to that peer. */
    readonly awaitLoss: (id: PeerId) => Effect.Effect<void>
    /** Fails as soon as it turns out that this node's id belongs to somebody who was in the chat before, or that the server has sent it away. */
    readonly contested: Effect.Effect<never, IdTaken | NotInvited>
    /** Fails as soon as it turns out that somebody else speaks in this run's stream, or that the others know it no more: it must begin another. */
    readonly forked: Effect.Effect<never, Forked>
    /** Whether there is a link to that peer, or a handshake with it under way. */
    readonly isPresent: (id: PeerId) => boolean
    /** Returns as soon as no handshake with that peer is under way: it has a link by then, or has none. */
    readonly settled: (id: PeerId) => Effect.Effect<void>
    /** When this node leaves, it waits for nobody: its goodbye goes to those who take it at once. */
    readonly hurry: Effect.Effect<void>
    /** What happened, from the beginning. */
    readonly events: Stream.Stream<MeshEvent>
  }
>() {}

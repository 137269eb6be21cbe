/** One live link to every peer. This contract has what runs a program; `MeshStatus` has what is only read. */
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
import type { Epoch } from "../src/domain/Post.ts"

/** A visitor that has introduced itself and waits for admission. It gives up after the handshake's limit. */
export interface JoinRequest {
  readonly peer: Peer
  readonly run: Epoch
  /** Whether it only passes through, so that it is not recorded. */
  readonly passing: boolean
  /** Admits it. When this returns, the link is up or the visitor is gone. */
  readonly admit: Effect.Effect<void>
  /** Refuses it for now, and it may try again; or for good, because somebody else has its id. */
  readonly refuse: (detail: string, reason?: "id-taken") => Effect.Effect<void>
}

/** The address to dial, and optionally the own port to dial from. */
export interface Route {
  readonly address: Address
  readonly from?: Port
  /** The id that is expected there, if any. On a secure connection no other node is told anything. */
  readonly id?: PeerId
}

export class PeerMesh extends Context.Tag("outlive/PeerMesh")<
  PeerMesh,
  {
    /** This node, and the address at which the others reach it. */
    readonly self: Peer
    /** Joins the chat through the node at that address, in one attempt. When this returns, this node is in the chat. */
    readonly join: (
      route: Route
    ) => Effect.Effect<
      void,
      PeerUnreachable | PortTaken | NotAdmitted | NotInvited | IdTaken | IdLooksAlike | ForeignChat
    >
    /** Visitors that ask for admission. Visitors with a taken id are refused before. */
    readonly joinRequests: Stream.Stream<JoinRequest>
    /** Keeps a link to that peer from now on, in the background. If it can't be reached for long, it is `GivenUp`. */
    readonly keep: (peer: Peer) => Effect.Effect<void>
    /**
     * Dials that peer, with growing pauses, until there is a link to it, whichever side made it. On a client the id
     * `Server` stands for any server of the chat: the one at that address is dialled, and from 2 s on also those others
     * and all that servers have told of.
     */
    readonly reach: (id: PeerId, route: Route, others?: ReadonlyArray<Route>) => Effect.Effect<void>
    /**
     * Whenever this client is linked with other servers than the one at that address, dials that one, and ends its links to
     * the others when they know that it takes part there.
     */
    readonly goHome: (route: Route) => Effect.Effect<never>
    /** Tells the clients of this server, now and as they come, which servers the chat has, and where. */
    readonly tellServers: (servers: ReadonlyArray<Peer>) => Effect.Effect<void>
    /** Returns as soon as there is no link to that peer. On a client, `Server` stands for any server of the chat. */
    readonly awaitLoss: (id: PeerId) => Effect.Effect<void>
    /** Fails when this node's id turns out to belong to an earlier node, or when the server has removed this node. */
    readonly contested: Effect.Effect<never, IdTaken | NotInvited>
    /**
     * Fails when this node must begin another run: another process speaks in its stream, or the others have folded its
     * stream away.
     */
    readonly forked: Effect.Effect<never, Forked>
    /** Whether there is a link to that peer, or a handshake with it under way. */
    readonly isPresent: (id: PeerId) => boolean
    /** The run of a peer that has a link. */
    readonly runOf: (id: PeerId) => Epoch | undefined
    /** Returns as soon as no handshake with that peer is under way. */
    readonly settled: (id: PeerId) => Effect.Effect<void>
    /** Whether somebody at another site has that id, by the word of its server. */
    readonly isElsewhere: (id: PeerId) => boolean
    /** Somebody at another site has that id: ends the link to the peer that has it here, and does not dial it again. */
    readonly letGo: (id: PeerId) => Effect.Effect<void>
    /** When this node leaves, do not wait for slow peers: send the goodbye to those that accept it at once. */
    readonly hurry: Effect.Effect<void>
    /** All events, from the beginning. */
    readonly events: Stream.Stream<MeshEvent>
  }
>() {}

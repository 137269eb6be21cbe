/** Facts for a program that reads in place of a person. */
import * as Data from "effect/Data"
import type { Entry } from "./Entry.ts"
import type { Offer } from "./Offer.ts"
import type { Named, Peer, PeerId } from "./Peer.ts"
import type { PeerStatus } from "./PeerStatus.ts"
import type { RoomState } from "./Place.ts"
import type { Post, Room, StreamId } from "./Post.ts"
import type { ServerState } from "./Status.ts"
import type { KnownOffer, Transfer, TransferEvent } from "./Transfer.ts"

/** A post that is kept. `own`: this node said it, in this run or an earlier one. */
export interface KeptLine {
  readonly post: Post
  readonly own: boolean
  readonly isMention: boolean
}

export type Fact = Data.TaggedEnum<{
  /** An entry was added to the log. `here`: it was said in the session that is told. */
  Witnessed: { readonly entry: Entry; readonly here?: boolean; readonly isMention?: boolean }
  /** This node itself. `since`: when it started, in ms since 1970. */
  Self: { readonly peer: Peer; readonly since: number }
  /** Another node in the chat, as part of an answer. */
  Present: { readonly peerStatus: PeerStatus }
  /** A room, as one session sees it, as part of an answer. */
  InRoom: RoomState
  /** The answer to a request for history: lines of a place, and whether there are others. */
  Recalled: {
    readonly ref: string
    readonly place: Room
    readonly lines: ReadonlyArray<KeptLine>
    readonly older: boolean
    readonly newer: boolean
    readonly found: boolean
  }
  /** How the chat is. */
  ChatIs: {
    readonly self: Named
    readonly server: ServerState
    readonly connected: number
    readonly known: number
    readonly secure: boolean
  }
  /** The rooms and the private conversations, with what nobody has read there. */
  PlacesAre: {
    readonly rooms: ReadonlyArray<Omit<RoomState, "here">>
    readonly conversations: ReadonlyArray<{ readonly with: ReadonlyArray<PeerId>; readonly lines: number }>
  }
  /** All other nodes in the chat. */
  PeersAre: { readonly peers: ReadonlyArray<PeerStatus> }
  /** How far this node's own streams are. `room`: undefined if they are private. */
  DeliveryIs: {
    readonly streams: ReadonlyArray<{
      readonly stream: StreamId
      readonly room: Room | undefined
      readonly upTo: number
      readonly readers: ReadonlyArray<{ readonly id: PeerId; readonly n: number }>
    }>
  }
  /** The answer to a search. */
  Found: { readonly ref: string; readonly lines: ReadonlyArray<KeptLine>; readonly more: boolean }
  /** The rooms that are known, at the beginning and whenever they or those in them have changed. */
  RoomsAre: { readonly rooms: ReadonlyArray<Pick<RoomState, "room" | "joined" | "peers">> }
  /** Files that are offered, as part of an answer. */
  Offered: KnownOffer
  /** How far files are that are here or being fetched: what has changed, at most four times a second. */
  TransferIs: { readonly transfer: Transfer }
  /** An offer is fetched or shared no more. */
  TransferGone: { readonly offer: Offer }
  /** Something has happened to a transfer. */
  TransferTold: { readonly event: TransferEvent }
  /** A link to the page of this node. It lets one browser in, once and within a minute. */
  PageAt: { readonly url: string }
}>

export const Fact = Data.taggedEnum<Fact>()

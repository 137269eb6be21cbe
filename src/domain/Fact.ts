/** Facts for a program that reads in place of a person. */
import * as Data from "effect/Data"
import type { Entry } from "./Entry.ts"
import type { Peer } from "./Peer.ts"
import type { PeerStatus } from "./PeerStatus.ts"
import type { RoomState } from "./Place.ts"
import type { Post, Room } from "./Post.ts"

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
  /** The answer to a search. */
  Found: { readonly ref: string; readonly lines: ReadonlyArray<KeptLine>; readonly more: boolean }
  /** The rooms that are known, at the beginning and whenever they or those in them have changed. */
  RoomsAre: { readonly rooms: ReadonlyArray<Pick<RoomState, "room" | "joined" | "peers">> }
  /** A link to the page of this node. It lets one browser in, once and within a minute. */
  PageAt: { readonly url: string }
}>

export const Fact = Data.taggedEnum<Fact>()

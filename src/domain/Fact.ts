/** What there is to tell a program that reads in place of a person. */
import * as Data from "effect/Data"
import type { Entry } from "./Entry.ts"
import type { Peer } from "./Peer.ts"
import type { PeerStatus } from "./PeerStatus.ts"

export type Fact = Data.TaggedEnum<{
  /** Something came into the log. */
  Witnessed: { readonly entry: Entry }
  /** This node itself, and since when it is there, in ms since 1970. */
  Self: { readonly peer: Peer; readonly since: number }
  /** Somebody else is in the chat: part of an answer. */
  Present: { readonly peerStatus: PeerStatus }
}>

export const Fact = Data.taggedEnum<Fact>()

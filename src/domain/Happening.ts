/** What a node witnesses besides posts: who comes, who goes, and how. */
import * as Data from "effect/Data"
import type { Peer } from "./Peer.ts"

/**
 * Why a link ended without a goodbye. `excessive`: this node has dropped the peer, which went beyond its limits; `dropped`:
 * the peer has dropped this node for that.
 */
export type LossReason = "closed" | "silent" | "malformed" | "overrun" | "excessive" | "dropped"

/** Something that happened to this node's place in the chat. */
export type Happening = Data.TaggedEnum<{
  /** This node was let in, by that peer. */
  Admitted: { readonly by: Peer }
  /** A link is up. `newcomer`: it was in no chat before. `known`: this run of it was met before. */
  Linked: { readonly peer: Peer; readonly newcomer: boolean; readonly known: boolean }
  /** A peer has posts that this node missed; they come now. */
  CatchingUp: { readonly peer: Peer; readonly count: number }
  /** What others say can't be kept on disk: this run goes on without. */
  Unkept: { readonly detail: string }
  /** The link broke, and is sought again. */
  Lost: { readonly peer: Peer; readonly reason: LossReason }
  /** It said goodbye. */
  Left: { readonly peer: Peer }
  /** It could not be reached for so long that it counts as gone. `ghost`: it had said its name, but was never here. */
  GivenUp: { readonly peer: Peer; readonly ghost: boolean }
}>

export const Happening = Data.taggedEnum<Happening>()

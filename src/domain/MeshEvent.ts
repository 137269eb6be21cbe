/** What a node witnesses besides posts: who comes, who goes, and how. */
import * as Data from "effect/Data"
import type { Named, Peer, PeerId, Port } from "./Peer.ts"

/**
 * Why a link ended without a goodbye. `excessive`: this node has dropped the peer, which went beyond its limits; `dropped`:
 * the peer has dropped this node for that; `expelled`: the peer takes part in the chat no more; `forged`: it handed on what
 * its author has not signed, or said two things under one number; `disbelieved`: it believes that of this node.
 */
export type LossReason =
  | "closed"
  | "silent"
  | "malformed"
  | "overrun"
  | "excessive"
  | "dropped"
  | "expelled"
  | "forged"
  | "disbelieved"

/** Something that happened to this node's place in the chat. */
export type MeshEvent = Data.TaggedEnum<{
  /** This node was let in, by that peer. */
  Admitted: { readonly by: Peer }
  /** A link is up. `newcomer`: it was in no chat before. `known`: this run of it was met before. */
  Linked: { readonly peer: Peer; readonly newcomer: boolean; readonly known: boolean }
  /** Somebody who comes for a moment only, to say something, has come, or has gone. */
  Passing: { readonly peer: Peer; readonly here: boolean }
  /** A peer has posts that this node missed; they come now. */
  CatchingUp: { readonly peer: Peer; readonly count: number }
  /** What others say can't be kept on disk: this run goes on without. */
  Unkept: { readonly detail: string }
  /** The link broke, and is sought again. */
  Lost: { readonly peer: Peer; readonly reason: LossReason }
  /** It said goodbye. `unseen`: to others alone, and this run of it was never linked with this node. */
  Left: { readonly peer: Peer; readonly unseen?: boolean }
  /** It could not be reached for so long that it counts as gone. `ghost`: it had said its name, but was never here. */
  GivenUp: { readonly peer: Peer; readonly ghost: boolean }
  /** Where somebody is sought, a node of another chat answers. */
  Foreign: { readonly sought: Named; readonly found: Peer }
  /** A node of another chat has asked this one to let it in. */
  Foreigner: { readonly peer: Peer }
  /** A client that this server calls back has another server. */
  Claimed: { readonly peer: Peer }
  /** The port from which the server is to be dialled is another program's. `abandoned`: any port will do from now on. */
  PortOccupied: { readonly port: Port; readonly detail: string; readonly abandoned: boolean }
  /** What somebody says that can't be reached comes here through a peer. */
  Through: { readonly id: PeerId; readonly by: Peer }
  /** Somebody uses a known id with another key, or the server says that it has another one: it is refused. */
  KeyChanged: { readonly id: PeerId }
  /** The server has sent somebody away; `barred`: for good. */
  Expelled: { readonly id: PeerId; readonly barred: boolean }
  /** A peer hands on what its author has not signed: it is not shown. */
  Forged: { readonly id: PeerId; readonly by: Peer }
  /** Somebody has said different things under the same number. */
  Contradicted: { readonly id: PeerId }
  /** Who belongs to the chat can't be kept on disk. */
  Unremembered: { readonly detail: string }
}>

export const MeshEvent = Data.taggedEnum<MeshEvent>()

/** Whether an event says who takes part, or does so no more. */
const tellsWhoTakesPart = {
  Admitted: true,
  Linked: true,
  Passing: false,
  CatchingUp: false,
  Unkept: false,
  Lost: true,
  Left: true,
  GivenUp: true,
  Foreign: false,
  Foreigner: false,
  Claimed: false,
  PortOccupied: false,
  Through: false,
  KeyChanged: false,
  Expelled: true,
  Forged: false,
  Contradicted: false,
  Unremembered: false
} as const satisfies Record<MeshEvent["_tag"], boolean>

type PresenceTag = {
  [Tag in MeshEvent["_tag"]]: (typeof tellsWhoTakesPart)[Tag] extends true ? Tag : never
}[MeshEvent["_tag"]]

/** Somebody takes part from now on, or does so no more. */
export type PresenceEvent = Extract<MeshEvent, { readonly _tag: PresenceTag }>

export const isPresenceEvent = (event: MeshEvent): event is PresenceEvent => tellsWhoTakesPart[event._tag]

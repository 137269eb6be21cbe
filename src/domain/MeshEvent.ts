/** Events of a node: peers come and go, and other changes of the mesh. */
import * as Data from "effect/Data"
import type { Named, Peer, PeerId, Port } from "./Peer.ts"
import type { Site } from "./Site.ts"

/**
 * Why a link ended without a goodbye. `excessive`: this node dropped the peer, which exceeded a limit. `dropped`: the
 * peer dropped this node for that reason. `expelled`: the peer no longer takes part in the chat. `forged`: it passed on
 * posts without a valid signature, or said two things under one number. `disbelieved`: it says so of this node.
 * `replaced`: somebody else at another site has its id.
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
  | "replaced"

/** An event. */
export type MeshEvent = Data.TaggedEnum<{
  /** That peer admitted this node. */
  Admitted: { readonly by: Peer }
  /** A link is up. `newcomer`: it was in no chat before. `known`: this run of it was met before. */
  Linked: { readonly peer: Peer; readonly newcomer: boolean; readonly known: boolean }
  /** A peer that only passes through, to say something, has come or gone. */
  Passing: { readonly peer: Peer; readonly here: boolean }
  /** A peer sends posts that this node missed. */
  CatchingUp: { readonly peer: Peer; readonly count: number }
  /** Posts of others can't be written to disk. This run goes on without that. */
  Unkept: { readonly detail: string }
  /** The link ended without a goodbye. The peer is dialled again. */
  Lost: { readonly peer: Peer; readonly reason: LossReason }
  /** The peer said goodbye. `unseen`: only to others, and this run of it was never linked with this node. */
  Left: { readonly peer: Peer; readonly unseen?: boolean }
  /** The peer takes part at another site now: it is in the chat still. */
  Moved: { readonly peer: Peer }
  /** The patience for the peer is over. `ghost`: it introduced itself, but was never linked. */
  GivenUp: { readonly peer: Peer; readonly ghost: boolean }
  /** A node of another chat answers at the address of `sought`. */
  Foreign: { readonly sought: Named; readonly found: Peer }
  /** A node of another chat asked this one for admission. */
  Foreigner: { readonly peer: Peer }
  /** A client that this server calls back belongs to another server now. */
  Claimed: { readonly peer: Peer }
  /**
   * Another program uses the port from which this node should dial the server. `abandoned`: any port is used from now
   * on.
   */
  PortOccupied: { readonly port: Port; readonly detail: string; readonly abandoned: boolean }
  /** There is no direct link to `id`. Its posts come through `by`. */
  Through: { readonly id: PeerId; readonly by: Peer }
  /** Somebody uses a known id with another key, or the server says that the id has another key. That key is refused. */
  KeyChanged: { readonly id: PeerId }
  /** The server removed a member. `barred`: for good. */
  Expelled: { readonly id: PeerId; readonly barred: boolean }
  /** `by` passed on posts without a valid signature of `id`. They are not shown. */
  Forged: { readonly id: PeerId; readonly by: Peer }
  /** An author said different things under the same number. */
  Contradicted: { readonly id: PeerId }
  /** The list of members can't be written to disk. */
  Unremembered: { readonly detail: string }
  /**
   * A guest takes part through that node, which may be this one. `known`: this visit of it was known before, and lost
   * with the link to its node.
   */
  GuestCame: { readonly id: PeerId; readonly through: PeerId; readonly known: boolean }
  /** A guest has left. `words`: its last ones; empty if there are none, or if it was the guest of another node. */
  GuestLeft: { readonly id: PeerId; readonly through: PeerId; readonly words: string }
  /** A guest has another id now. */
  GuestRenamed: { readonly id: PeerId; readonly before: PeerId; readonly through: PeerId }
  /** A node has left or was lost, and its guests with it. */
  GuestsGone: { readonly ids: ReadonlyArray<PeerId>; readonly through: PeerId; readonly lost: boolean }
  /** These take part at another site. `known`: these runs of them were known before, and out of reach since. */
  FarCame: { readonly site: Site; readonly ids: ReadonlyArray<PeerId>; readonly known: boolean }
  /**
   * These have left, or are out of reach if `lost`. If the server of the site is among them, nobody of the site can be
   * reached.
   */
  FarLeft: { readonly site: Site; readonly ids: ReadonlyArray<PeerId>; readonly lost: boolean }
}>

export const MeshEvent = Data.taggedEnum<MeshEvent>()

/** Which events change who takes part. */
const tellsWhoTakesPart = {
  Admitted: true,
  Linked: true,
  Passing: false,
  CatchingUp: false,
  Unkept: false,
  Lost: true,
  Left: true,
  Moved: true,
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
  Unremembered: false,
  GuestCame: true,
  GuestLeft: true,
  GuestRenamed: true,
  GuestsGone: true,
  FarCame: true,
  FarLeft: true
} as const satisfies Record<MeshEvent["_tag"], boolean>

type PresenceTag = {
  [Tag in MeshEvent["_tag"]]: (typeof tellsWhoTakesPart)[Tag] extends true ? Tag : never
}[MeshEvent["_tag"]]

/** Events that change who takes part. */
export type PresenceEvent = Extract<MeshEvent, { readonly _tag: PresenceTag }>

export const isPresenceEvent = (event: MeshEvent): event is PresenceEvent => tellsWhoTakesPart[event._tag]

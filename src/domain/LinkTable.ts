/** The links of a node: one for each peer, and the same one on both sides. */

import type * as Data from "effect/Data"
import * as Iterable from "effect/Iterable"
import { absurd } from "./Absurd.ts"
import type { LossReason } from "./MeshEvent.ts"
import { likenessOf, looksLike, type Peer, type PeerId } from "./Peer.ts"
import { type Epoch, type Run, runOf } from "./Post.ts"
import { Recent } from "./Recent.ts"

/** How far a link has come. The table alone changes it. */
export type Phase =
  /** Both sides have introduced themselves; the peer has yet to say how far it has each stream. */
  | "introduced"
  /** The table has it as the peer's only link, and it is coming up. */
  | "placed"
  | "up"
  /** Another link to the same peer has replaced it. It is about to end. */
  | "replaced"
  | "ended"

/** Whether a link is the one that its peer has now. */
export const isCurrent = ({ phase }: Pick<Row, "phase">): boolean => {
  switch (phase) {
    case "placed":
    case "up":
      return true
    case "introduced":
    case "replaced":
    case "ended":
      return false
    default:
      return absurd(phase)
  }
}

/** The part of a link that the table uses. */
export interface Row {
  readonly peer: Peer
  /** The peer's run. */
  readonly epoch: Epoch
  /** Whether this node has dialled, or the peer. */
  readonly byUs: boolean
  phase: Phase
}

/** What the table does with a link that has come up. */
export type Connected<L extends Row> = Data.TaggedEnum<{
  /** It is the peer's only link. `known`: this run of the peer was met before. */
  Linked: { readonly known: boolean }
  /** It replaces another link to the same run, which must be ended. */
  Superseded: { readonly other: L }
  /** It replaces a link that broke meanwhile. Nobody is told. */
  Resumed: {}
  /** It must be ended: another link to the same run is kept. */
  Redundant: {}
  /** It must be ended: another run has the id. */
  Taken: { readonly holder: Epoch }
}>

/** Whether such a link is the peer's link from now on. */
export const stays = <L extends Row>(connected: Connected<L>): boolean => {
  switch (connected._tag) {
    case "Linked":
    case "Superseded":
    case "Resumed":
      return true
    case "Redundant":
    case "Taken":
      return false
    default:
      return absurd(connected)
  }
}

/** Of so many ids that have neither a link nor a handshake it is remembered which run was met last. */
export const mostMet = 4_096

interface Place<L extends Row> {
  link?: L | undefined
  /** The last run that was met. */
  met?: Epoch
  /** The run of a visitor that is being admitted. */
  visitor?: Epoch | undefined
  /** How many handshakes are under way. */
  handshakes: number
  /** The link broke for this reason while another handshake was under way, which may take its place. */
  broken?: { readonly link: L; readonly reason: LossReason } | undefined
}

/** Mutable, each change in one synchronous step: the mesh that has it is its only user. */
export class LinkTable<L extends Row> {
  /** Those who have a link, or a handshake under way. */
  readonly #places = new Map<PeerId, Place<L>>()
  /** The ids of the same, by what they look like. */
  readonly #looks = new Map<string, Set<PeerId>>()
  /** The last run of the others that was met: those last that were here last. */
  readonly #gone = new Recent<PeerId, Epoch>(mostMet)
  readonly #links = new Map<PeerId, L>()

  readonly #self: PeerId

  constructor(self: PeerId) {
    this.#self = self
  }

  get links(): ReadonlyMap<PeerId, L> {
    return this.#links
  }

  /** Whether there is a link to a server. */
  get hasServer(): boolean {
    return Iterable.some(this.#links.values(), ({ peer }) => peer.role === "server")
  }

  /** Whether a peer has a link or is being admitted. */
  isPresent(id: PeerId): boolean {
    const place = this.#places.get(id)
    return (place?.link ?? place?.visitor) !== undefined
  }

  /** The id of a peer that is present, and that people can't tell from this one. */
  lookalike(id: PeerId): PeerId | undefined {
    for (const each of this.#looks.get(likenessOf(id)) ?? [])
      if (looksLike(each, id) && this.isPresent(each)) return each
    return undefined
  }

  /** Whether a handshake is under way that may still replace a link. */
  get unsettled(): boolean {
    return [...this.#places.values()].some(({ handshakes }) => handshakes > 0)
  }

  /** The run that has an id, if it is not this one. */
  holder(id: PeerId, epoch: Epoch): Epoch | undefined {
    const held = this.#places.get(id)?.link?.epoch
    return held === epoch ? undefined : held
  }

  /** Whether that run of it was linked with this node before. */
  hasMet(id: PeerId, run: Run | undefined): boolean {
    const met = this.#met(id)
    return met !== undefined && runOf(met) === run
  }

  /** Whether another run with that id is just being admitted. */
  isAdmitting(id: PeerId, epoch: Epoch): boolean {
    const visitor = this.#places.get(id)?.visitor
    return visitor !== undefined && visitor !== epoch
  }

  /** Whether a handshake with that peer is under way. */
  isMeeting(id: PeerId): boolean {
    return (this.#places.get(id)?.handshakes ?? 0) > 0
  }

  /** Whether there was a link to that peer, as far as that is remembered. */
  isKnown(id: PeerId): boolean {
    return this.#met(id) !== undefined
  }

  /** Keeps an id for a visitor that is being admitted. */
  reserve(id: PeerId, epoch: Epoch): void {
    this.#place(id).visitor = epoch
  }

  /** A handshake with that peer begins. */
  begin(id: PeerId): void {
    this.#place(id).handshakes += 1
  }

  /** A handshake is over, well or not. Returns the link that broke meanwhile, if nothing has taken its place. */
  end(id: PeerId, epoch?: Epoch): { readonly link: L; readonly reason: LossReason } | undefined {
    const place = this.#place(id)
    place.handshakes -= 1
    if (place.visitor === epoch) place.visitor = undefined
    if (place.handshakes > 0 || place.link !== undefined) return undefined
    const broken = place.broken
    place.broken = undefined
    this.#tidy(id, place)
    return broken
  }

  /** A link has come up. One that was replaced never does so again: it is being ended, as on the other side. */
  connect(link: L): Connected<L> {
    if (link.phase === "replaced") return { _tag: "Redundant" }
    const place = this.#place(link.peer.id)
    const earlier = place.link
    if (earlier !== undefined) {
      if (earlier.epoch !== link.epoch) return { _tag: "Taken", holder: earlier.epoch }
      if (!this.#supersedes(link, earlier)) return { _tag: "Redundant" }
    }
    const resumes = place.broken?.link.epoch === link.epoch
    const known = place.met === link.epoch
    place.link = link
    place.met = link.epoch
    place.broken = undefined
    this.#links.set(link.peer.id, link)
    link.phase = "placed"
    if (earlier !== undefined) {
      earlier.phase = "replaced"
      return { _tag: "Superseded", other: earlier }
    }
    return resumes ? { _tag: "Resumed" } : { _tag: "Linked", known }
  }

  /** The link is completely up, unless another link has replaced it meanwhile. */
  up(link: L): void {
    if (link.phase === "placed") link.phase = "up"
  }

  /**
   * A link has ended. True if the peer has no link now. False if another link has replaced it or may still do so; then
   * `end` tells the result. Without a reason, the peer has said goodbye.
   */
  disconnect(link: L, reason?: LossReason): boolean {
    const place = this.#place(link.peer.id)
    link.phase = "ended"
    if (place.link !== link) {
      this.#tidy(link.peer.id, place)
      return false
    }
    place.link = undefined
    this.#links.delete(link.peer.id)
    if (reason === undefined || place.handshakes === 0) {
      this.#tidy(link.peer.id, place)
      return true
    }
    place.broken = { link, reason }
    return false
  }

  /**
   * Of two crossed connections, the one that the node with the smaller id dialled is kept, on both sides. If one side
   * dialled both, the later one is kept, because a node does not dial while it thinks that it has a link.
   */
  #supersedes(later: L, earlier: L): boolean {
    return later.byUs === earlier.byUs || later.byUs === this.#self < later.peer.id
  }

  #place(id: PeerId): Place<L> {
    const known = this.#places.get(id)
    if (known !== undefined) return known
    const met = this.#gone.get(id)
    const place: Place<L> = met === undefined ? { handshakes: 0 } : { handshakes: 0, met }
    this.#places.set(id, place)
    this.#gone.delete(id)
    const look = likenessOf(id)
    const same = this.#looks.get(look)
    if (same === undefined) this.#looks.set(look, new Set([id]))
    else same.add(id)
    return place
  }

  #met(id: PeerId): Epoch | undefined {
    return (this.#places.get(id) ?? { met: this.#gone.get(id) }).met
  }

  /** Of a peer that has neither a link nor a handshake nothing is kept but which run was met. */
  #tidy(id: PeerId, { broken, handshakes, link, met, visitor }: Place<L>): void {
    if (handshakes > 0 || (link ?? visitor ?? broken) !== undefined) return
    this.#places.delete(id)
    const look = likenessOf(id)
    const same = this.#looks.get(look)
    same?.delete(id)
    if (same?.size === 0) this.#looks.delete(look)
    if (met !== undefined) this.#gone.set(id, met)
  }
}

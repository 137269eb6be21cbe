/** What links know of one link: a connection on which both sides have introduced themselves. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type { Connection } from "../../services/Transport.ts"
import type { ChatId } from "../../src/domain/Chat.ts"
import type { Phase } from "../../src/domain/LinkTable.ts"
import type { Peer, PeerId } from "../../src/domain/Peer.ts"
import type { Epoch, Room } from "../../src/domain/Post.ts"
import type { Member } from "../../src/domain/Roster.ts"
import { isFar } from "../../src/domain/Site.ts"
import type { Control, Hello } from "../../src/protocol/Frame.ts"
import type { Outbox } from "../../src/protocol/Outbox.ts"
import type * as LinkContract from "../LinkContract.ts"
import { Account, type Quotas } from "./Account.ts"
import type { Attempt } from "./Attempt.ts"
import type * as Deadlines from "./Deadlines.ts"
import { Pulse } from "./Pulse.ts"
import type { Sender, Wire } from "./Wire.ts"

/** The peer leaves for good. */
export class Goodbye extends Data.TaggedError("Goodbye") {}

/** What a peer has said of itself that is no part of its name. */
type Introduction = Pick<Hello, "epoch" | "member" | "history" | "passing" | "pass" | "rooms" | "guests" | "files"> & {
  readonly chat: ChatId
}

/** How two nodes have come to be connected. */
interface How {
  readonly byUs: boolean
  readonly attempt: Attempt
  /** So many lines of history the peer was asked for. */
  readonly owed?: number
  /** The rooms that this node has named. */
  readonly told: ReadonlySet<Room>
  /** Gives up the connection. Called once, when the link has ended. */
  readonly release: () => void
}

/** A link over that connection. */
export type LinkOver = (wire: Wire, peer: Peer, introduction: Introduction, how: How) => Link

/** What is made for a link by other parts. */
interface Parts<R> {
  /** Tells the deadline for its coming up that it has come up, or ended. */
  readonly met: Deadlines.Met
  readonly quotas: Quotas
  /** The rooms in which the peer takes part. */
  readonly rooms: ReadonlySet<Room>
  /** What replication keeps of it. */
  readonly replica: R
}

/**
 * Each part changes what is its own alone: `phase` is the link table's. A class, because thousands of links may be idle:
 * what does not differ from link to link is kept once.
 */
export class Link<R = unknown> implements LinkContract.Link<R>, Sender {
  readonly peer: Peer
  readonly epoch: Epoch
  readonly byUs: boolean
  phase: Phase = "introduced"
  /** The chat that both are in. */
  readonly chat: ChatId
  readonly newcomer: boolean
  readonly passing: boolean
  readonly hearsOfGuests: boolean
  readonly isFar: boolean
  readonly hearsOfFiles: boolean
  /** Replication's. */
  rooms: ReadonlySet<Room>
  readonly history: number
  readonly wire: Wire
  /** It ends because a client takes part through another server now, and not for good. `Life`'s. */
  moved = false
  /** What it has come from. */
  readonly attempt: Attempt
  readonly release: () => void
  #met: Deadlines.Met | undefined
  /** When it came up, in ms since 1970; and in monotonic ms. `Life`'s. */
  since = 0
  upSince = 0
  /** Which version of the roster the peer has, and what it has begun to tell of it. `Members`'. */
  roster: number
  news: Array<Member> | undefined = undefined
  readonly account: Account
  readonly pulse: Pulse
  readonly replica: R

  constructor(wire: Wire, peer: Peer, introduction: Introduction, how: How, parts: Parts<R>) {
    this.peer = peer
    this.epoch = introduction.epoch
    this.byUs = how.byUs
    this.chat = introduction.chat
    this.newcomer = !introduction.member
    this.passing = introduction.passing ?? false
    this.isFar = isFar(peer.address)
    this.hearsOfGuests = !this.isFar && (introduction.guests ?? false)
    this.hearsOfFiles = introduction.files ?? false
    this.rooms = parts.rooms
    this.history = introduction.history ?? 0
    this.wire = wire
    this.attempt = how.attempt
    this.release = how.release
    this.#met = parts.met
    this.roster = introduction.pass?.version ?? 0
    this.account = new Account(parts.quotas)
    this.pulse = new Pulse(wire.begun())
    this.replica = parts.replica
  }

  get connection(): Connection {
    return this.wire.connection
  }

  get outbox(): Outbox {
    return this.wire.outbox
  }

  /** It has come up, or ended: its deadline is over. */
  met(): void {
    this.#met?.()
    this.#met = undefined
  }

  give(lines: ReadonlyArray<Uint8Array>): boolean {
    return this.wire.give(lines)
  }

  put(...frames: ReadonlyArray<Control>): void {
    this.wire.put(...frames)
  }

  putLines(lines: ReadonlyArray<Uint8Array>): void {
    this.wire.putLines(lines)
  }

  send(...frames: ReadonlyArray<Control>): Effect.Effect<void> {
    return Effect.sync(() => this.put(...frames))
  }

  sendLines(lines: ReadonlyArray<Uint8Array>): Effect.Effect<void> {
    return Effect.sync(() => this.putLines(lines))
  }
}

interface Needs<R> {
  /** What its peer may send. */
  readonly quotasOf: (id: PeerId) => Quotas
  /** For the peer to say how far it has each stream. */
  readonly visits: Deadlines.Deadlines
  /** What replication keeps of it. */
  readonly replicaOf: LinkContract.Replication<R>["begin"]
  readonly roomsOf: LinkContract.Replication<R>["roomsOf"]
}

export const makeLinkOver =
  <R>({ quotasOf, replicaOf, roomsOf, visits }: Needs<R>) =>
  (...[wire, peer, introduction, how]: Parameters<LinkOver>): Link<R> =>
    new Link(wire, peer, introduction, how, {
      // A peer that has introduced itself must soon say how far it has each stream, or is cut.
      met: visits(() => wire.connection.abort("silent")),
      quotas: quotasOf(peer.id),
      rooms: roomsOf(peer.id, introduction.rooms),
      replica: replicaOf(peer.id, how.told, how.owed ?? 0)
    })

/**
 * Where `links` and `replication` meet: links say which nodes are linked with this one, and carry frames; replication sees to
 * it that what is said gets to everyone. Neither knows the other's parts. `R` is what replication keeps of one link.
 */
import type * as Clock from "effect/Clock"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Membership } from "../services/Membership.ts"
import type { MessageLog } from "../services/MessageLog.ts"
import type { Connection } from "../services/Transport.ts"
import type { PeerLost } from "../src/domain/Errors.ts"
import type { Limits } from "../src/domain/Limits.ts"
import type { Row } from "../src/domain/LinkTable.ts"
import type { PeerId } from "../src/domain/Peer.ts"
import type { Epoch, Room } from "../src/domain/Post.ts"
import type { Signal } from "../src/domain/Signal.ts"
import type { Control, Dropped, Earlier, Folded, Gap, Have, PostFrame, Recall, Want } from "../src/protocol/Frame.ts"
import type { Outbox } from "../src/protocol/Outbox.ts"

/** What both are given of the node. */
export interface Ground {
  readonly limits: Limits
  readonly log: MessageLog["Type"]
  readonly membership: Membership["Type"]
  readonly clock: Clock.Clock
  /** Open as long as the node runs. */
  readonly scope: Scope.Scope
  /** Says that links have come or gone, or that something else is known of peers. */
  readonly peers: Signal
}

/** A link as replication sees it. */
export interface Link<out R = unknown> extends Row {
  /** Whether the peer is in no chat yet. */
  readonly newcomer: boolean
  /** Whether the peer has come for a moment only: nobody is told that it comes or goes, and nobody looks for it. */
  readonly passing: boolean
  /** The rooms in which the peer takes part. */
  readonly rooms: ReadonlySet<Room>
  /** How many lines it would like to see of what was said before it came. */
  readonly history: number
  /** What the link has to send: the socket takes from it whenever it has room. */
  readonly outbox: Outbox
  /** Tells that the outbox may have something. */
  readonly connection: Pick<Connection, "wake">
  /** Sends these frames before any post. A peer that lets too many of them wait is cut off. */
  readonly send: (...frames: ReadonlyArray<Control>) => Effect.Effect<void>
  /** The same of lines that are encoded already. */
  readonly sendLines: (lines: ReadonlyArray<Uint8Array>) => Effect.Effect<void>
  readonly replica: R
}

/** What a peer is charged for besides the frames and bytes that it sends by itself. */
export type Charge =
  /** Frames, and their bytes, that it was asked for. */
  | "asked"
  /** Seals that were checked. */
  | "checked"
  /** Streams and peers that were named in frames. */
  | "named"

/** Whom this node would like to be linked with, and is not. */
export interface Missing<R> {
  /** Whether the server is away, and is being reached. */
  readonly isServerAway: () => boolean
  /** How many are missing within their patience: others wait for these, and not for those who were given up. */
  readonly withinPatience: Effect.Effect<number>
  /** What that one says comes through others: if it was given up, it is dialled soon. */
  readonly isHeard: (id: PeerId) => void
  /** Whether people should hear that what that one says comes over this link. */
  readonly comesThrough: (link: Link<R>, id: PeerId) => boolean
  /** Says so. */
  readonly tellThrough: (link: Link<R>, id: PeerId) => Effect.Effect<void>
}

/** What replication is given of links. Every link in it was made by them, so they know more of it than stands in `Link`. */
export interface Links<R> {
  /** The links that there are now: one a peer. */
  readonly current: ReadonlyMap<PeerId, Link<R>>
  /** Whether a handshake is under way, of which a link may come. */
  isSettling(): boolean
  /** The peer has said how far it has each stream: the link comes up. */
  comeUp(link: Link<R>): Effect.Effect<void>
  /** Sends the same to all of these: it is encoded once. */
  tell(links: ReadonlyArray<Link<R>>, frames: ReadonlyArray<Control>): Effect.Effect<void>
  /** Counts what a peer costs besides its frames. */
  charge(link: Link<R>, what: Charge, count: number, bytes?: number): void
  /** Tells a peer that it went too far, or is not to be believed, and lets it go. It is not called back, and not let in for a while. */
  drop(link: Link<R>, limit: Dropped["limit"]): Effect.Effect<never, PeerLost>
  /** The same, where it is not that peer's own frames that are being handled. */
  cut(link: Link<R>, limit: Dropped["limit"]): Effect.Effect<void>
  readonly missing: Missing<R>
}

/** The frames that are about what was said. All others are about links. */
export type ReplicationFrame = Have | Folded | Gap | Want | Recall | Earlier

/** What links are given of replication. */
export interface Replication<R> {
  /** How many lines of what was said before this node would like to see of whoever lets it in. */
  readonly wanted: () => number
  /** Whether this node has said anything in this run, as far as it is kept. */
  readonly hasSpoken: () => boolean
  /** Whether a run began so long ago that what it says would be taken for said long ago. */
  readonly isOutdated: (id: PeerId, epoch: Epoch) => boolean
  /** A run that begins after this one is not outdated. */
  readonly latest: () => Epoch
  /** This run was called outdated: it must give way to one that begins later than that. */
  readonly outlived: (after: Epoch) => Effect.Effect<void>
  /** Waits a moment until a newcomer can be told what was said before, and shown so many lines of that. */
  readonly ready: (history: number) => Effect.Effect<void>
  /** That one was in the chat before this node began, and may come back to tell what was said. */
  readonly expect: (id: PeerId) => void
  /** That one does not come back from before this node began. */
  readonly expectNoMore: (id: PeerId) => Effect.Effect<void>
  /** Both sides have introduced themselves. `owed`: so many lines of history the peer was asked for. */
  readonly begin: (peer: PeerId, owed: number) => R
  /** The peer is listening: tells it how far this node has each stream, unless the peer is to tell first. */
  readonly greet: (link: Link<R>) => Effect.Effect<void>
  /** Takes in posts, which follow each other. */
  readonly receive: (link: Link<R>, posts: ReadonlyArray<PostFrame>) => Effect.Effect<void, PeerLost>
  /** Takes in a frame. */
  readonly heard: (link: Link<R>, frame: ReplicationFrame) => Effect.Effect<void, PeerLost>
  /** The peer is done with history if it has begun with it; false if it is not, and speaks of something else. */
  readonly hasShown: (link: Link<R>) => boolean
  /** The link has its place among the others: learns what the peer has, before anybody hears that it is there. */
  readonly met: (link: Link<R>) => Effect.Effect<void>
  /** From now on the peer gets what this node says, and what it has missed of that. */
  readonly flow: (link: Link<R>) => void
  /** Gets what this node has missed. `isNew`: what the peer's own run has said so far was not missed. */
  readonly catchUp: (link: Link<R>, isNew: boolean) => Effect.Effect<void>
  /** The link is no more. */
  readonly ended: (link: Link<R>) => Effect.Effect<void>
  /** The peer is there no more: it was lost, or has left. */
  readonly gone: (link: Link<R>, isLost: boolean) => void
  /** Tells everybody what this node has got since it told them last. */
  readonly tellLast: Effect.Effect<void>
  /** How many posts of this node the peer lacks, as far as it has said. */
  readonly behind: (link: Link<R>) => number
  /** Through whom came last what that one says. */
  readonly relayOf: (id: PeerId) => PeerId | undefined
}

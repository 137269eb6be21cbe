/**
 * The contract between `links`, `replication` and `files`. Links say which nodes are linked with this one, and carry frames.
 * Replication gets posts to everyone; files gets them pieces of files. None knows the parts of another. `R` is what
 * replication keeps of one link.
 */
import type * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { EventLog } from "../services/EventLog.ts"
import type { Guests } from "../services/Guests.ts"
import type { Membership } from "../services/Membership.ts"
import type { OldRuns } from "../services/OldRuns.ts"
import type { PastLog } from "../services/PastLog.ts"
import type { ReplicaLog } from "../services/ReplicaLog.ts"
import type { SiteKeys } from "../services/SiteKeys.ts"
import type { Accepted, Connection, Transport } from "../services/Transport.ts"
import type { ChatId } from "../src/domain/Chat.ts"
import type { PeerLost, PeerUnreachable, PortTaken } from "../src/domain/Errors.ts"
import type { Limits } from "../src/domain/Limits.ts"
import type { Row } from "../src/domain/LinkTable.ts"
import type { Named, PeerId } from "../src/domain/Peer.ts"
import type { PeerStatus } from "../src/domain/PeerStatus.ts"
import type { Epoch, Room, StreamId } from "../src/domain/Post.ts"
import type { Rest } from "../src/domain/Rest.ts"
import type { Signal } from "../src/domain/Signal.ts"
import type { Site } from "../src/domain/Site.ts"
import type {
  Call,
  Cipher,
  Control,
  Dropped,
  Earlier,
  Folded,
  Gap,
  Guests as GuestsFrame,
  Have,
  Holds,
  Join,
  Joined,
  PostFrame,
  Recall,
  Rooms,
  Seek,
  SiteFrame,
  Visit,
  Want
} from "../src/protocol/Frame.ts"
import type { Outbox } from "../src/protocol/Outbox.ts"

/** What both parts are given. */
export interface Ground {
  readonly limits: Limits
  readonly log: ReplicaLog["Type"]
  readonly oldRuns: OldRuns["Type"]
  readonly pastLog: PastLog["Type"]
  readonly events: EventLog["Type"]
  readonly guests: Guests["Type"]
  readonly membership: Membership["Type"]
  /** For a server of a secure chat with several sites: what it seals with. */
  readonly siteKeys: SiteKeys["Type"] | undefined
  /** Undefined if this node takes no part in transfers. */
  readonly files: Files | undefined
  readonly clock: Clock.Clock
  /** Open as long as the node runs. */
  readonly scope: Scope.Scope
  /** Signals that links have changed, or that something else is known about peers. */
  readonly peers: Signal
  /** Asks for the checks that take place each second while there is something to check. */
  readonly stir: () => void
}

/** A link as replication sees it. */
export interface Link<out R = unknown> extends Row {
  /** Whether the peer is in no chat yet. */
  readonly newcomer: boolean
  /** Whether the peer only passes through: nobody is told about it, and nobody searches for it. */
  readonly passing: boolean
  /** Whether the peer wants to be told of guests, of other sites and of servers. To the server of another site, guests are members of this one. */
  readonly hearsOfGuests: boolean
  /** Whether the peer is the server of another site, and so is this node. */
  readonly isFar: boolean
  /** Whether the peer takes frames about files. */
  readonly hearsOfFiles: boolean
  /** The rooms in which the peer takes part. Replication replaces them when the peer names others. */
  rooms: ReadonlySet<Room>
  /** How many older posts it wants as history. */
  readonly history: number
  /** What the link has to send. The socket takes from it whenever it has room. */
  readonly outbox: Outbox
  /** Tells the socket that the outbox may have something. */
  readonly connection: Pick<Connection, "put" | "wake">
  /** Sends these frames before any post. A peer that lets too many of them wait is cut off. */
  put(...frames: ReadonlyArray<Control>): void
  /** The same for encoded lines. */
  putLines(lines: ReadonlyArray<Uint8Array>): void
  /** The same as effects. */
  send(...frames: ReadonlyArray<Control>): Effect.Effect<void>
  sendLines(lines: ReadonlyArray<Uint8Array>): Effect.Effect<void>
  readonly replica: R
}

/** What a peer is charged for besides the frames and bytes that it sends by itself. */
export type Charge =
  /** Frames and bytes that it was asked for. */
  | "asked"
  /** Seals that were checked. */
  | "checked"
  /** Streams and peers that were named in frames. */
  | "named"

/** Peers that this node should be linked with, and is not. */
export interface Missing<R> {
  /** Whether the server is away and being dialled. */
  readonly isServerAway: () => boolean
  /** How many are missing within their patience. Peers that were given up do not count: nothing waits for them. */
  readonly withinPatience: Effect.Effect<number>
  /** Whether a peer of that id is being dialled, which is in the chat. */
  readonly isSought: (id: PeerId) => boolean
  /** That peer takes part at another site: if it is missing, it is dialled no more. */
  readonly hasMoved: (id: PeerId) => void
  /** Posts of that peer come through others. If it was given up, it is dialled soon. */
  readonly isHeard: (id: PeerId) => void
  /** Whether to tell people that the posts of the author of that stream come over this link. */
  readonly comesThrough: (link: Link<R>, stream: StreamId) => boolean
  /** Tells people that. */
  readonly tellThrough: (link: Link<R>, id: PeerId) => void
}

/** What links offer to replication. Links have made every `Link` in it, so they know more about it than `Link` has. */
export interface Links<R> {
  /** The present links, one for each peer. */
  readonly current: ReadonlyMap<PeerId, Link<R>>
  /** Whether that run of a peer had a link to this node, as far as that is remembered. */
  hasMet(id: PeerId, epoch: Epoch): boolean
  /** Whether a handshake is under way that may result in a link. */
  isSettling(): boolean
  /** The peer's summary is complete: the link comes up. */
  comeUp(link: Link<R>): Rest
  /** Sends the same frames to several links. They are encoded once. */
  tell(links: ReadonlyArray<Link<R>>, frames: ReadonlyArray<Control>): void
  /** Charges a peer for what it causes besides its frames. */
  charge(link: Link<R>, what: Charge, count: number, bytes?: number): void
  /**
   * Sends `dropped` to a peer that exceeded a limit or is not believed, and ends the link. The peer is not dialled, and
   * refused for a while.
   */
  drop(link: Link<R>, limit: Dropped["limit"]): Effect.Effect<never, PeerLost>
  /** The same, when the frames of another peer are being handled. */
  cut(link: Link<R>, limit: Dropped["limit"]): Effect.Effect<void>
  readonly missing: Missing<R>
}

/** The frames that replication handles. Links handle all others. */
export type ReplicationFrame =
  | Have
  | Folded
  | Gap
  | Want
  | Rooms
  | GuestsFrame
  | SiteFrame
  | Cipher
  | Join
  | Joined
  | Recall
  | Earlier

/** What replication offers to links. */
export interface Replication<R> {
  /**
   * The rooms in which a peer takes part that names these: also `main`, and what is private between it and this node.
   */
  readonly roomsOf: (peer: PeerId, named: ReadonlyArray<Room> | undefined) => ReadonlySet<Room>
  /** The rooms that this node names when it introduces itself. The set never changes: later there is another one. */
  readonly rooms: () => ReadonlySet<Room>
  /** How many older posts this node wants from the node that admits it. */
  readonly wanted: () => number
  /** Whether this node has said anything in this run, as far as it is kept. */
  readonly hasSpoken: () => boolean
  /** Whether a run began so long ago that its posts would count as folded away. */
  readonly isOutdated: (id: PeerId, epoch: Epoch) => boolean
  /** A run that begins after this one is not outdated. */
  readonly latest: () => Epoch
  /** A peer called this run outdated. Another run must begin, later than `after`. */
  readonly outlived: (after: Epoch) => Effect.Effect<void>
  /**
   * Waits a moment until this node knows what was said before, and has that much history for a newcomer that is in these
   * rooms.
   */
  readonly ready: (history: number, rooms: ReadonlySet<Room>) => Rest
  /** That peer was in the chat before this node began, and may come back with what was said before. */
  readonly expect: (id: PeerId) => void
  /** That peer will not come back from before this node began. */
  readonly expectNoMore: (id: PeerId) => Effect.Effect<void>
  /**
   * Both sides have introduced themselves. `told`: the rooms that this node has named. `owed`: how much history the peer
   * was asked for.
   */
  readonly begin: (peer: PeerId, told: ReadonlySet<Room>, owed: number) => R
  /** Sends the summary, unless the peer has to send its own first. */
  readonly greet: (link: Link<R>) => void
  /** Takes in posts, which follow each other. */
  readonly receive: (link: Link<R>, posts: ReadonlyArray<PostFrame>) => Rest<PeerLost>
  /** Takes in a frame. */
  readonly heard: (link: Link<R>, frame: ReplicationFrame) => Rest<PeerLost>
  /** Whether the peer has completed its history, if it began to send some. Called when it sends another frame. */
  readonly hasShown: (link: Link<R>) => boolean
  /** The link is in the table. Learns what the peer has, before anybody is told about the link. */
  readonly met: (link: Link<R>) => Rest
  /** From now on the peer gets the posts of this node, beginning with those that it has missed. */
  readonly flow: (link: Link<R>) => void
  /**
   * Asks for what this node has missed. `isNew`: posts that the peer's own run has said so far do not count as missed.
   */
  readonly catchUp: (link: Link<R>, isNew: boolean) => Rest
  /** The link has ended. */
  readonly ended: (link: Link<R>) => Effect.Effect<void>
  /** The peer has no link now: it has left, or it is lost unless another link takes its place. */
  readonly gone: (link: Link<R>, isLost: boolean) => void
  /** Offers all peers what has grown since the last offer. */
  readonly tellLast: Effect.Effect<void>
  /** How many posts of this node the peer has not confirmed. */
  readonly behind: (link: Link<R>) => number
  /** The peer that last passed on posts of that author. */
  readonly relayOf: (id: PeerId) => PeerId | undefined
  /** The guests of other nodes, with the run of each, and as people see them. */
  readonly guestsElsewhere: () => ReadonlyMap<PeerId, { readonly epoch: Epoch }>
  /** The run of a guest elsewhere that has that id, or had it when the link to its node was lost. */
  readonly epochOfGuest: (id: PeerId) => Epoch | undefined
  readonly guestStatuses: () => ReadonlyArray<PeerStatus>
  /** Whether that run takes part at another site, or did last. */
  readonly wasFar: (id: PeerId, epoch: Epoch) => boolean
  /** Whether that run takes part at another site, by the word of its server, though it may have a link to this node. */
  readonly isElsewhere: (id: PeerId, epoch: Epoch) => boolean
  /** Whether that server has told this node that it takes part at another site. */
  readonly hasSentHome: (link: Link<R>) => boolean
  /** The other site at which somebody takes part. */
  readonly siteOf: (id: PeerId) => Site | undefined
  /** Who takes part at other sites. */
  readonly farMembers: () => Iterable<PeerId>
}

/** A link as files see it. */
export type FileLink = Pick<Link, "peer" | "epoch" | "isFar" | "hearsOfFiles" | "put">

/** The frames that files handle. */
export type FileFrame = Seek | Holds | Call

/** What the links of one run of the node offer to files. */
export interface FileLinks {
  /** This node, as it is in this run; no chat as long as it is in none. */
  readonly self: () => Named & { readonly epoch: Epoch; readonly chat: ChatId | undefined }
  /** The present links, one for each peer. */
  readonly current: ReadonlyMap<PeerId, FileLink>
  /** Calls a plain function when that may have changed, until the function that is returned is called. */
  readonly onChange: (look: () => void) => () => void
  /**
   * Connects to the peer of a link, at the address where it listens. In a secure chat, it is certain to be that peer. The
   * connection is open until the scope closes.
   */
  readonly dial: (
    link: FileLink,
    use: "frames" | "bulk"
  ) => Effect.Effect<Connection, PeerUnreachable | PortTaken, Scope.Scope>
  /**
   * The link to the run that has sent such a first frame; undefined if there is none, if it was meant for another node or
   * chat, or if the connection has another key than the link.
   */
  readonly linkOf: (connection: Connection, visit: Visit) => FileLink | undefined
  /**
   * A connection with a member of another site, over one that others pass on: this node has dialled it, or was dialled. In
   * a secure chat, it is secured from end to end, with the keys of both. It is open until the scope closes.
   */
  readonly within: Transport["Type"]["within"]
  /** Whether, on a secured connection, that member is at the other end. Of others nobody knows. */
  readonly isCalled: (connection: Connection, id: PeerId) => boolean
  /** Whether such a first frame of a connection with a member of another site is that member's, and is meant for this node. */
  readonly isOfFar: (connection: Connection, visit: Visit) => boolean
}

/** What files offer to links. Plain functions. */
export interface Files {
  /** A run of the node begins. The function that is returned is called when it ends. */
  readonly attach: (links: FileLinks) => () => void
  /** Takes in a frame. */
  readonly heard: (link: FileLink, frame: FileFrame) => void
  /** A connection for a transfer has come. It is read from no more, and files must release it in the end. */
  readonly visited: (connection: Accepted, visit: Visit) => void
}

/** Files, for the mesh of a run. None by default: then the node takes no part in transfers. */
export class FilesOnLinks extends Context.Reference<FilesOnLinks>()("outlive/FilesOnLinks", {
  defaultValue: (): Files | undefined => undefined
}) {}

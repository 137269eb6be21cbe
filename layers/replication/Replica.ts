/**
 * What replication keeps for one link. Each field has one writer, the part that is named above it. All parts read them.
 */
import type { EncodedPost } from "../../src/domain/EncodedPost.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import type { Fold, Room, StreamId } from "../../src/domain/Post.ts"
import type { Blocks } from "../../src/protocol/Blocks.ts"
import type { PostFrame } from "../../src/protocol/Frame.ts"

/** What a peer has folded away, and what it lists besides. */
export interface Listing {
  readonly folds: Map<Room, Fold>
  /** The streams that it lists, until they are compared, and whether the list is complete. */
  streams: Map<StreamId, number> | undefined
  isComplete: boolean
  /** The only room that it is about; all rooms if it is left out. */
  readonly room?: Room
  /** For how many offers nothing more was expected from it since then. */
  calmTicks: number
}

/** Nothing is folded away; so much is listed, and more will be. */
export const noListing = (streams?: Map<StreamId, number>): Listing => ({
  folds: new Map(),
  streams,
  isComplete: false,
  calmTicks: 0
})

/** What a peer tells of a room in which this node does not take part yet. It was asked for so many of the last posts. */
export interface Answer {
  readonly room: Room
  readonly posts: number
  /** Whether the posts have begun to come, the last of them, and all streams with the last number of each. */
  isBegun: boolean
  history: ReadonlyArray<EncodedPost>
  readonly streams: Map<StreamId, number>
  fold: Fold | undefined
  isComplete: boolean
}

/** History that has begun to come. `answer`: what it belongs to, if it is that of a room. */
export interface Past {
  readonly answer?: Answer
  readonly posts: Array<PostFrame>
  readonly most: number
  readonly shown: boolean
  left: number
}

/** Mutable, each change in one synchronous step. What most links never have is undefined until they have it. */
export class Replica {
  /** The beginning of the ids of all streams of this peer. */
  readonly prefix: string

  // ---- Replication and Late

  /** Whether posts or frames have come since lines were found to wait for posts. */
  hasSpoken = true

  // ---- Summaries

  /** Whether the peer was told how far this node has each stream. */
  isSummarized = false

  // ---- Delivery

  /** How far the peer has each stream, as far as it has said: this node's own, and those of which it has more than this node. */
  readonly theirs = new Map<StreamId, number>()
  /** Up to which number the peer does not keep a stream. */
  floors: Map<StreamId, number> | undefined = undefined

  // ---- Sharing

  /** The rooms that the peer was told last, and whether it is told when they change. */
  told: ReadonlySet<Room>
  isTold = false
  /** The rooms besides `main` of which the peer's whole summary has come. */
  met: Set<Room> | undefined = undefined

  // ---- Folds

  /** Undefined once the link is up, as long as nothing is folded away. */
  listing: Listing | undefined = noListing(new Map())
  /** Of rooms that both have come to share since then. */
  listings: Map<Room, Listing> | undefined = undefined

  // ---- Proofs

  /** In a secure chat: the block that the peer has begun to send. */
  blocks: Blocks | undefined = undefined

  // ---- Asking

  /** Which streams it was asked for, and which it is to be asked for when it has sent some of those. */
  asked: Set<StreamId> | undefined = undefined
  toAsk: Set<StreamId> | undefined = undefined

  // ---- History

  /** How much history it was asked for, to be shown here, and may still send. */
  owed: number
  /** The state of the request for history to keep here; whether the peer has asked for history. */
  recall: "unasked" | "asked" | "coming" | "over" = "unasked"
  hasRecalled = false
  past: Past | undefined = undefined

  // ---- Joining

  /** For each room about which the peer was asked: its answer, which is still to come. */
  answers: Map<Room, Answer> | undefined = undefined

  constructor(peer: PeerId, told: ReadonlySet<Room>, owed: number) {
    this.prefix = `${peer}/`
    this.told = told
    this.owed = owed
  }

  /** How far the peer has a stream, as far as it has said. */
  upTo(stream: StreamId): number {
    return this.theirs.get(stream) ?? 0
  }

  /** Up to which number the peer does not keep a stream. */
  floorOf(stream: StreamId): number {
    return this.floors?.get(stream) ?? 0
  }
}

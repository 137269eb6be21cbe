/** What a `PostStore` keeps of one room. */
import type { Fold, Folds, Room, StreamId, Summary } from "../domain/Post.ts"
import type { Segments } from "./Segments.ts"

/** The state of one room in which this node takes part. */
export interface RoomState {
  /** The stream of this node's own posts in the room. */
  own: StreamId
  /**
   * The dependencies of this node's next post in the room: the last post seen of each stream since this node last
   * spoke. A post is removed when another post depends on it, since that one implies it.
   */
  readonly news: Map<StreamId, number>
  /**
   * The last post of each stream on which no other post depends, own ones among them: whoever has seen all that this
   * node has, has seen these. Undefined until a guest speaks in the room.
   */
  frontier?: Map<StreamId, number>
  /**
   * What the members that were in the chat before this node have seen in the room, as far as this node still lacks it.
   */
  before: Map<StreamId, number>
  /** The streams that were folded away. */
  fold: Fold | undefined
}

/** The state of a room in whose stream `own` this node speaks, and nothing was said yet. */
export const emptyRoom = (own: StreamId): RoomState => ({ own, news: new Map(), before: new Map(), fold: undefined })

/** A room that this node has left, and what is kept of its streams until the bounds of the log drop it. */
export interface LeftRoom {
  readonly state: RoomState
  readonly streams: Map<StreamId, Segments>
  /** Of these streams, how far each was before posts of it were skipped. */
  readonly skipped: Map<StreamId, number>
  /** Whether nobody will ever be there again: then even the numbers of own posts are forgotten with the posts. */
  readonly isOver: boolean
}

/** What counts as seen when a node takes part in a room: how far a peer has each stream, and what it has folded away. */
export interface Seen {
  readonly summary: Summary
  readonly folds: Folds
}

/** What is folded away in each of these rooms. */
export const foldsOf = (rooms: Iterable<readonly [Room, RoomState]>): Map<Room, Fold> => {
  const folds = new Map<Room, Fold>()
  for (const [name, { fold }] of rooms) if (fold !== undefined) folds.set(name, fold)
  return folds
}

/** The posts that a node has said in this run and that have not arrived yet. */
import * as Effect from "effect/Effect"
import { MeshStatus } from "../../services/MeshStatus.ts"
import { MessageLog } from "../../services/MessageLog.ts"
import { sealedRoom } from "../domain/Conversation.ts"
import { type Delivery, hasArrived, lastAnswered } from "../domain/Delivery.ts"
import type { Entry } from "../domain/Entry.ts"
import { authorOf, type Post, roomIn, type StreamId } from "../domain/Post.ts"

export interface Undelivered {
  /**
   * The posts that are still kept and have not arrived, oldest first: no peer is known to have them, or if they are
   * private, one of their readers is not (`hasArrived`).
   */
  readonly posts: Effect.Effect<ReadonlyArray<Post>>
  /** The number of posts that no peer is known to have, kept or not: they are lost if the node leaves (`isHeld`). */
  readonly unheld: Effect.Effect<number>
  /**
   * How far the posts of this run have come, by the confirmations of peers and by the answers seen. Nobody waits for a
   * room that was left.
   */
  readonly delivery: () => Delivery
  /** Looks for answers in these entries. A peer that answers a post has it. */
  readonly see: (entries: ReadonlyArray<Entry>) => void
}

export const make: Effect.Effect<Undelivered, never, MessageLog | MeshStatus> = Effect.gen(function* () {
  const log = yield* MessageLog
  const status = yield* MeshStatus
  /** The streams of this run. The rooms of a node change while it runs. */
  const streams = () => Array.from(log.rooms, (room) => log.streamIn(room))
  /** For each stream of this node, the number of its last post that somebody has answered. Mutable, for the hot path. */
  const answered = new Map<StreamId, number>()
  const isLeft = (stream: StreamId): boolean => !log.rooms.has(roomIn(stream))
  const upTo = (stream: StreamId): number =>
    isLeft(stream) ? Number.POSITIVE_INFINITY : Math.max(status.deliveryNow().upTo(stream), answered.get(stream) ?? 0)
  const delivery = (): Delivery => {
    const { alone, readBy } = status.deliveryNow()
    return {
      alone,
      upTo,
      // In a conversation an answer comes from the other. Sealed posts may be answered by another reader.
      readBy: (reader, stream) =>
        isLeft(stream)
          ? Number.POSITIVE_INFINITY
          : Math.max(readBy(reader, stream), roomIn(stream) === sealedRoom ? 0 : (answered.get(stream) ?? 0))
    }
  }
  return {
    posts: Effect.map(log.own, (own) => own.filter((post) => !hasArrived(authorOf(post.stream), post, delivery()))),
    unheld: Effect.sync(() =>
      streams().reduce((count, stream) => count + Math.max(0, log.have(stream) - upTo(stream)), 0)
    ),
    delivery,
    see: (entries) => {
      if (answered.size > log.rooms.size)
        for (const stream of answered.keys()) if (isLeft(stream)) answered.delete(stream)
      for (const room of log.rooms) {
        const stream = log.streamIn(room)
        // Most of the time every post has been answered, and there is nothing to look for.
        const before = answered.get(stream) ?? 0
        if (before >= log.have(stream)) continue
        answered.set(stream, Math.max(before, lastAnswered(stream, entries)))
      }
    }
  }
})

/** The posts that a node has said in this run and that no peer is known to have. */
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import { MeshStatus } from "../../services/MeshStatus.ts"
import { MessageLog } from "../../services/MessageLog.ts"
import { type Delivery, lastAnswered } from "../domain/Delivery.ts"
import type { Entry } from "../domain/Entry.ts"
import type { Post, StreamId, Summary } from "../domain/Post.ts"

export interface Undelivered {
  /** The posts among them that are still kept, oldest first. */
  readonly posts: Effect.Effect<ReadonlyArray<Post>>
  /** The number of such posts, kept or not. */
  readonly count: Effect.Effect<number>
  /** How far the posts of this run have come, by the confirmations of peers and by the answers seen. */
  readonly delivery: Effect.Effect<Delivery>
  /** Looks for answers in these entries. A peer that answers a post has it. */
  readonly see: (entries: Iterable<Entry>) => Effect.Effect<void>
}

export const make: Effect.Effect<Undelivered, never, MessageLog | MeshStatus> = Effect.gen(function* () {
  const log = yield* MessageLog
  const status = yield* MeshStatus
  const streams = Array.from(log.rooms, (room) => log.streamIn(room))
  /** For each stream of this node, the number of its last post that somebody has answered. */
  const answered = yield* Ref.make<Summary>(new Map())
  const delivery = Effect.zipWith(status.delivery.get, Ref.get(answered), ({ alone, upTo }, last) => ({
    alone,
    upTo: (stream: StreamId) => Math.max(upTo(stream), last.get(stream) ?? 0)
  }))
  return {
    posts: Effect.zipWith(delivery, log.own, ({ upTo }, own) => own.filter(({ n, stream }) => n > upTo(stream))),
    count: Effect.map(delivery, ({ upTo }) =>
      streams.reduce((count, stream) => count + Math.max(0, log.have(stream) - upTo(stream)), 0)
    ),
    delivery,
    see: (entries) =>
      Ref.update(
        answered,
        (before) =>
          new Map(
            streams.map((stream) => [stream, Math.max(before.get(stream) ?? 0, lastAnswered(stream, entries))] as const)
          )
      )
  }
})

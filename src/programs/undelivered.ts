/** What a node has said in this run, and no peer is known to have. */
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import { MeshStatus } from "../../services/MeshStatus.ts"
import { MessageLog } from "../../services/MessageLog.ts"
import { type Delivery, lastAnswered } from "../domain/Delivery.ts"
import type { Entry } from "../domain/Entry.ts"
import type { Post } from "../domain/Post.ts"

export interface Undelivered {
  /** The posts, as far as they are kept, oldest first. */
  readonly posts: Effect.Effect<ReadonlyArray<Post>>
  /** How many there are. */
  readonly count: Effect.Effect<number>
  /** How far the posts of this run have come, by what peers tell and by the answers seen. */
  readonly delivery: Effect.Effect<Delivery>
  /** Looks for answers in these entries: whoever answers a post has it. */
  readonly see: (entries: Iterable<Entry>) => Effect.Effect<void>
}

export const make: Effect.Effect<Undelivered, never, MessageLog | MeshStatus> = Effect.gen(function* () {
  const log = yield* MessageLog
  const status = yield* MeshStatus
  /** The number of the last post that somebody has answered. */
  const answered = yield* Ref.make(0)
  const delivery = Effect.zipWith(status.delivery.get, Ref.get(answered), ({ alone, upTo }, n) => ({
    alone,
    upTo: Math.max(upTo, n)
  }))
  return {
    posts: Effect.flatMap(delivery, ({ upTo }) => log.ownAfter(upTo)),
    count: Effect.map(delivery, ({ upTo }) => Math.max(0, log.have(log.stream) - upTo)),
    delivery,
    see: (entries) => Ref.update(answered, (before) => Math.max(before, lastAnswered(log.stream, entries)))
  }
})

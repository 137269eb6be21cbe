/** Says one line in a room, or to one node alone, and waits until those have it for whom it is. */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import { Interrupts } from "../../services/Interrupts.ts"
import { MeshStatus } from "../../services/MeshStatus.ts"
import { MessageLog, type SayResult } from "../../services/MessageLog.ts"
import { PeerMesh } from "../../services/PeerMesh.ts"
import {
  isTooLong,
  type LineTooLong,
  type LogUnavailable,
  NotHeard,
  NotRead,
  type Unreachable
} from "../domain/Errors.ts"
import type { PeerId } from "../domain/Peer.ts"
import type { Post, Room } from "../domain/Post.ts"
import { join, type Settings } from "./client.ts"

/** Where a line is said: to all in a room, or to one reader alone. */
export type Whither = { readonly room: Room } | { readonly reader: PeerId }

/** How a line gets there. */
interface Way<E> {
  readonly say: Effect.Effect<ReadonlyArray<SayResult>, E>
  /** Returns when those have the post for whom it is. */
  readonly arrived: (post: Post) => Effect.Effect<unknown>
  /** What to say if they don't in time. No post: this node could not join, and said nothing. */
  readonly late: (post: Post | undefined, outside: string | undefined) => Effect.Effect<NotHeard | NotRead>
}

/**
 * Joins, says the line, and returns when `wait` peers are known to have it, or the one reader. `wait` 0: at once. Fails
 * if that takes longer than `limit`.
 */
export const send = ({
  limit,
  text,
  wait,
  whither,
  ...settings
}: Settings & {
  readonly whither: Whither
  readonly text: string
  readonly wait: number
  readonly limit: Duration.DurationInput
}) =>
  Effect.gen(function* () {
    const mesh = yield* PeerMesh
    const interrupts = yield* Interrupts
    const outside = yield* Ref.make<string | undefined>(undefined)
    const said = yield* Ref.make<Post | undefined>(undefined)
    const { arrived, late, say } =
      "reader" in whither ? yield* toReader(whither.reader, text, wait) : yield* inRoom(whither.room, text, wait)
    const isLate = Effect.gen(function* () {
      const error = yield* late(yield* Ref.get(said), yield* Ref.get(outside))
      return yield* Effect.zipRight(mesh.hurry, Effect.fail(error))
    })
    yield* Effect.forkScoped(Stream.runForEach(mesh.joinRequests, (joinRequest) => joinRequest.admit))
    yield* join(settings, ({ message }) => Ref.set(outside, message)).pipe(
      Effect.zipRight(Ref.set(outside, undefined)),
      // Only now, because a member of a secure chat that joined lately may be known from now on.
      Effect.zipRight(Effect.flatMap(say, postOf)),
      Effect.tap((post) => Ref.set(said, post)),
      Effect.flatMap(arrived),
      Effect.raceFirst(mesh.contested),
      Effect.raceFirst(mesh.forked),
      // An interrupt gets the same report as the end of the time limit.
      Effect.raceFirst(Effect.zipRight(Effect.raceFirst(interrupts.next, Effect.sleep(limit)), isLate))
    )
  }).pipe(Effect.scoped)

/** The post that the line became. */
const postOf = ([said]: ReadonlyArray<SayResult>): Effect.Effect<Post, LineTooLong> =>
  said === undefined ? Effect.dieMessage("a line has no result") : isTooLong(said) ? said : Effect.succeed(said)

const inRoom = (room: Room, text: string, wanted: number) =>
  Effect.gen(function* () {
    const status = yield* MeshStatus
    const { say } = yield* MessageLog
    return {
      say: say(room, [text]),
      arrived: ({ n, stream }) => status.awaitHolders(stream, n, wanted),
      late: (post, outside) =>
        Effect.map(
          post === undefined ? Effect.succeed(0) : status.holders(post.stream, post.n),
          (had) => new NotHeard({ had, outside, room, wanted })
        )
    } satisfies Way<LogUnavailable>
  })

/** Whoever carries a sealed line to its reader has it too, but it has not arrived there. */
const toReader = (reader: PeerId, text: string, wait: number) =>
  Effect.gen(function* () {
    const { delivery, deliveryNow, peerStatuses } = yield* MeshStatus
    const { confide } = yield* MessageLog
    const has =
      ({ n, stream }: Post) =>
      (id: PeerId): boolean =>
        deliveryNow().readBy(id, stream) >= n
    return {
      say: confide([reader], [text]),
      arrived: (post) =>
        wait === 0 ? Effect.void : Stream.runHead(Stream.filter(delivery.changes, () => has(post)(reader))),
      late: (post, outside) =>
        Effect.map(peerStatuses, (all) => {
          const keepers = post === undefined ? [] : all.map(({ peer }) => peer.id).filter(has(post))
          return new NotRead({ reader, keepers, outside })
        })
    } satisfies Way<LogUnavailable | Unreachable>
  })

/** Says one line in a room, and waits until peers have it. */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import { Interrupts } from "../../services/Interrupts.ts"
import { MeshStatus } from "../../services/MeshStatus.ts"
import { MessageLog } from "../../services/MessageLog.ts"
import { PeerMesh } from "../../services/PeerMesh.ts"
import { isTooLong, NotHeard } from "../domain/Errors.ts"
import type { Room } from "../domain/Post.ts"
import { join, type Settings } from "./client.ts"

/**
 * Joins, says the line, and returns as soon as at least `wait` peers are known to have it. Fails if that takes longer
 * than `limit`.
 */
export const send = ({
  limit,
  room,
  text,
  wait,
  ...settings
}: Settings & {
  readonly room: Room
  readonly text: string
  readonly wait: number
  readonly limit: Duration.DurationInput
}) =>
  Effect.gen(function* () {
    const log = yield* MessageLog
    const mesh = yield* PeerMesh
    const status = yield* MeshStatus
    const own = log.streamIn(room)
    const interrupts = yield* Interrupts
    const outside = yield* Ref.make<string | undefined>(undefined)
    const notHeard = Effect.zipRight(
      mesh.hurry,
      Effect.flatMap(
        Effect.all({ had: status.holders(own, 1), outside: Ref.get(outside) }),
        (found) => new NotHeard({ ...found, room, wanted: wait })
      )
    )
    yield* Effect.forkScoped(Stream.runForEach(mesh.joinRequests, (joinRequest) => joinRequest.admit))
    for (const result of yield* log.say(room, [text])) if (isTooLong(result)) return yield* result
    yield* join(settings, ({ message }) => Ref.set(outside, message)).pipe(
      Effect.zipRight(Ref.set(outside, undefined)),
      Effect.zipRight(status.awaitHolders(own, 1, wait)),
      Effect.raceFirst(mesh.contested),
      Effect.raceFirst(mesh.forked),
      // An interrupt gets the same report as the end of the time limit.
      Effect.raceFirst(Effect.zipRight(Effect.raceFirst(interrupts.next, Effect.sleep(limit)), notHeard))
    )
  }).pipe(Effect.scoped)

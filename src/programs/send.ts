/** Says one line in a room, or to one node alone, and waits until peers have it. */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import { Interrupts } from "../../services/Interrupts.ts"
import { MeshStatus } from "../../services/MeshStatus.ts"
import { MessageLog } from "../../services/MessageLog.ts"
import { PeerMesh } from "../../services/PeerMesh.ts"
import { isTooLong, NotHeard } from "../domain/Errors.ts"
import type { PeerId } from "../domain/Peer.ts"
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
  to,
  wait,
  ...settings
}: Settings & {
  readonly room: Room
  /** The only reader; everybody in the room if left out. */
  readonly to?: PeerId | undefined
  readonly text: string
  readonly wait: number
  readonly limit: Duration.DurationInput
}) =>
  Effect.gen(function* () {
    const log = yield* MessageLog
    const mesh = yield* PeerMesh
    const status = yield* MeshStatus
    const interrupts = yield* Interrupts
    const outside = yield* Ref.make<string | undefined>(undefined)
    const [said] = yield* to === undefined ? log.say(room, [text]) : log.confide([to], [text])
    if (said === undefined || isTooLong(said)) return yield* said ?? Effect.void
    const { n, stream } = said
    const notHeard = Effect.zipRight(
      mesh.hurry,
      Effect.flatMap(
        Effect.all({ had: status.holders(stream, n), outside: Ref.get(outside) }),
        (found) => new NotHeard({ ...found, room, wanted: wait })
      )
    )
    yield* Effect.forkScoped(Stream.runForEach(mesh.joinRequests, (joinRequest) => joinRequest.admit))
    yield* join(settings, ({ message }) => Ref.set(outside, message)).pipe(
      Effect.zipRight(Ref.set(outside, undefined)),
      Effect.zipRight(status.awaitHolders(stream, n, wait)),
      Effect.raceFirst(mesh.contested),
      Effect.raceFirst(mesh.forked),
      // An interrupt gets the same report as the end of the time limit.
      Effect.raceFirst(Effect.zipRight(Effect.raceFirst(interrupts.next, Effect.sleep(limit)), notHeard))
    )
  }).pipe(Effect.scoped)

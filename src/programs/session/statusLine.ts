/** The status line and the completion of words at a terminal. */
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as MutableRef from "effect/MutableRef"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { MeshStatus } from "../../../services/MeshStatus.ts"
import { MessageLog } from "../../../services/MessageLog.ts"
import { PeerMesh } from "../../../services/PeerMesh.ts"
import { newsIn } from "../../domain/Place.ts"
import { afterwards, nobody, statusOf } from "../../domain/Status.ts"
import { commands } from "../commands/all.ts"
import type { Session } from "./Session.ts"

/** Keeps the status on the screen up to date, until the scope closes. Does nothing on a pipe. */
export const tellHowItIs = ({
  console,
  moved,
  place
}: Session["Type"]): Effect.Effect<void, never, MeshStatus | MessageLog | PeerMesh | Scope.Scope> =>
  Effect.gen(function* () {
    const mesh = yield* PeerMesh
    const { rooms } = yield* MessageLog
    const { answering } = yield* MeshStatus
    if (Option.isNone(console.prompt)) return
    const { completeFrom, showStatus } = console.prompt.value
    // A variable, not a Ref: completion reads it synchronously, while a key is handled.
    let presence = nobody

    const update = Effect.flatMap(answering.get, (answers) =>
      showStatus(
        statusOf(
          mesh.self,
          presence,
          [...presence.servers].some((id) => answers.has(id)),
          { room: MutableRef.get(place).room, rooms: newsIn(MutableRef.get(place), rooms) }
        )
      )
    )
    yield* completeFrom({ commands, ids: () => [...presence.peers.keys()], rooms: () => [...rooms] })
    yield* update
    let shown = MutableRef.get(place)
    const isMoved = () => shown !== MutableRef.get(place)
    const moves = moved.stream(isMoved, () => {
      shown = MutableRef.get(place)
      return Option.some(Chunk.of(undefined))
    })
    yield* Effect.forkScoped(Stream.runForEach(moves, () => update))
    yield* Effect.forkScoped(
      Stream.runForEach(mesh.events, (event) =>
        Effect.gen(function* () {
          presence = afterwards(presence, event, yield* Clock.currentTimeMillis)
          yield* update
        })
      )
    )
    // No event reports that the server answers.
    yield* Effect.forkScoped(Stream.runForEach(answering.changes, () => update))
  })

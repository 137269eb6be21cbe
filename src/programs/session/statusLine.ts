/** The status line and the completion of words at a terminal. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Console } from "../../../services/Console.ts"
import { MeshStatus } from "../../../services/MeshStatus.ts"
import { PeerMesh } from "../../../services/PeerMesh.ts"
import { afterwards, nobody, statusOf } from "../../domain/Status.ts"
import { commands } from "../commands/all.ts"

/** Keeps the status on the screen up to date, until the scope closes. Does nothing on a pipe. */
export const tellHowItIs = (
  console: Console["Type"]
): Effect.Effect<void, never, MeshStatus | PeerMesh | Scope.Scope> =>
  Effect.gen(function* () {
    const mesh = yield* PeerMesh
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
          [...presence.servers].some((id) => answers.has(id))
        )
      )
    )
    yield* completeFrom({ commands, ids: () => [...presence.peers.keys()] })
    yield* update
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

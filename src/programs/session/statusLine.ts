/** The status line and the completion of words at a terminal. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Console } from "../../../services/Console.ts"
import { MeshStatus } from "../../../services/MeshStatus.ts"
import { PeerMesh } from "../../../services/PeerMesh.ts"
import { afterwards, nobody, statusOf } from "../../domain/Status.ts"
import { commands } from "../commands/all.ts"

/** How often to check whether the server answers. No event reports that. */
const lookEvery = "1 second"

/** Keeps the status on the screen up to date, until the scope closes. Does nothing on a pipe. */
export const tellHowItIs = (
  console: Console["Type"]
): Effect.Effect<void, never, MeshStatus | PeerMesh | Scope.Scope> =>
  Effect.gen(function* () {
    const mesh = yield* PeerMesh
    const { isAnswering } = yield* MeshStatus
    if (Option.isNone(console.prompt)) return
    const { completeFrom, showStatus } = console.prompt.value
    // A variable, not a Ref: completion reads it synchronously, while a key is handled.
    let presence = nobody

    const update = Effect.suspend(() =>
      showStatus(statusOf(mesh.self, presence, [...presence.servers].some(isAnswering)))
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
    yield* Effect.forkScoped(Effect.schedule(update, Schedule.spaced(lookEvery)))
  })

/** Who is there, as one session follows it. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { MeshStatus } from "../../../services/MeshStatus.ts"
import { PeerMesh } from "../../../services/PeerMesh.ts"
import { makeSignal, type Signal } from "../../domain/Signal.ts"
import { afterwards, nobody, type Presence } from "../../domain/Status.ts"

export interface Present {
  /** Who is there now, in a plain call: completion asks while a key is handled. */
  readonly now: () => Presence
  /** Whether a server answers, and the link is not up yet. */
  readonly isAnswering: () => boolean
  /** Calls a function after each change, until the function that is returned is called. */
  readonly onChange: Signal["listen"]
}

/** Follows who is there until the scope closes. */
export const followPresence: Effect.Effect<Present, never, MeshStatus | PeerMesh | Scope.Scope> = Effect.gen(
  function* () {
    const { events } = yield* PeerMesh
    const { answering } = yield* MeshStatus
    const changes = makeSignal()
    let presence = nobody
    let answers = yield* answering.get
    yield* Effect.forkScoped(
      Stream.runForEach(events, (event) =>
        Effect.gen(function* () {
          presence = afterwards(presence, event, yield* Clock.currentTimeMillis)
          changes.changed()
        })
      )
    )
    // No event reports that the server answers.
    yield* Effect.forkScoped(
      Stream.runForEach(answering.changes, (now) =>
        Effect.sync(() => {
          answers = now
          changes.changed()
        })
      )
    )
    return {
      now: () => presence,
      isAnswering: () => [...presence.servers].some((id) => answers.has(id)),
      onChange: changes.listen
    }
  }
)

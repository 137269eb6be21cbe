/** The status line and the completion of words at a terminal. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as MutableRef from "effect/MutableRef"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { MeshStatus } from "../../../services/MeshStatus.ts"
import { PeerMesh } from "../../../services/PeerMesh.ts"
import { Rooms } from "../../../services/Rooms.ts"
import { newsIn, placesOf } from "../../domain/Place.ts"
import { afterwards, nobody, statusOf } from "../../domain/Status.ts"
import { commands } from "../commands/all.ts"
import type { Session } from "./Session.ts"

/**
 * Keeps the status on the screen up to date, until the scope closes. Another room of the session is there in the call
 * that goes to it, before anything that follows from it. Does nothing on a pipe.
 */
export const tellHowItIs = ({
  console,
  moved,
  place
}: Session["Type"]): Effect.Effect<void, never, MeshStatus | PeerMesh | Rooms | Scope.Scope> =>
  Effect.gen(function* () {
    const mesh = yield* PeerMesh
    const rooms = yield* Rooms
    const { answering } = yield* MeshStatus
    if (Option.isNone(console.prompt)) return
    const { completeFrom, showStatus } = console.prompt.value
    // Variables, not Refs: they are read synchronously, by completion while a key is handled.
    let presence = nobody
    let answers = yield* answering.get

    const update = (): void => {
      const here = MutableRef.get(place)
      const news = newsIn(here, placesOf(here, rooms.joined()))
      const answersNow = [...presence.servers].some((id) => answers.has(id))
      showStatus(statusOf(mesh.self, presence, answersNow, { room: here.room, rooms: news }))
    }
    yield* completeFrom({
      commands,
      ids: () => [...presence.peers.keys()],
      rooms: () => rooms.known().map(({ room }) => room)
    })
    update()
    yield* Effect.acquireRelease(
      Effect.sync(() => [moved.listen(update), rooms.onChange(update)]),
      (stops) =>
        Effect.sync(() => {
          for (const stop of stops) stop()
        })
    )
    yield* Effect.forkScoped(
      Stream.runForEach(mesh.events, (event) =>
        Effect.gen(function* () {
          presence = afterwards(presence, event, yield* Clock.currentTimeMillis)
          update()
        })
      )
    )
    // No event reports that the server answers.
    yield* Effect.forkScoped(
      Stream.runForEach(answering.changes, (now) =>
        Effect.sync(() => {
          answers = now
          update()
        })
      )
    )
  })

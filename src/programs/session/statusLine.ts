/** The status line and the completion of words at a terminal. */
import * as Effect from "effect/Effect"
import * as MutableRef from "effect/MutableRef"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { Folders } from "../../../services/Folders.ts"
import type { MeshStatus } from "../../../services/MeshStatus.ts"
import { MessageLog } from "../../../services/MessageLog.ts"
import { PeerMesh } from "../../../services/PeerMesh.ts"
import { Rooms } from "../../../services/Rooms.ts"
import { withHome } from "../../domain/Path.ts"
import { opened, placesOf } from "../../domain/Place.ts"
import { statusOf } from "../../domain/Status.ts"
import { commands } from "../commands/all.ts"
import { type Known, known } from "../offers.ts"
import { followPresence } from "./presence.ts"
import { move, newsIn, type Session } from "./Session.ts"

/** Opens the conversations in which an earlier run, or another session, has left something unread. */
const openWhatIsUnread = (session: Session["Type"]): void => {
  const talks = [...session.reading.conversations()].reverse()
  for (const { lines, room } of newsIn(session, talks)) if (lines > 0) move(session, (before) => opened(before, room))
}

/** At most so many offers are named when somebody completes a name. */
const mostNamed = 500

/** The names of the last offers, the last one first. */
const namesOf = (all: ReadonlyArray<Known>): ReadonlyArray<string> =>
  [...new Set(all.map(({ offer }) => offer.name).reverse())].slice(0, mostNamed)

/**
 * Keeps the status on the screen up to date, until the scope closes. Another room of the session is there in the call
 * that goes to it, before anything that follows from it. Does nothing on a pipe.
 */
export const tellHowItIs = (
  session: Session["Type"]
): Effect.Effect<void, never, MeshStatus | MessageLog | PeerMesh | Rooms | Scope.Scope> =>
  Effect.gen(function* () {
    const { console, moved, place, reading } = session
    const { self } = yield* PeerMesh
    const rooms = yield* Rooms
    const { onGrowth } = yield* MessageLog
    const folders = yield* Folders
    const context = yield* Effect.context<MessageLog | PeerMesh | Rooms>()
    if (Option.isNone(console.prompt)) return
    const { completeFrom, showStatus } = console.prompt.value
    const present = yield* followPresence

    const update = (): void => {
      const here = MutableRef.get(place)
      const news = newsIn(session, placesOf(here, rooms.joined()))
      showStatus(statusOf(self, present.now(), present.isAnswering(), { room: here.room, rooms: news }))
    }
    yield* completeFrom({
      commands,
      ids: () => [...present.now().peers.keys()],
      rooms: () => rooms.known().map(({ room }) => room),
      conversations: () => MutableRef.get(place).conversations,
      listed: ({ beginning, folder }) => folders.list(withHome(folder, folders.home), beginning),
      offers: Effect.map(Effect.provide(known, context), (all) => namesOf(all))
    })
    openWhatIsUnread(session)
    update()
    yield* Effect.acquireRelease(
      Effect.sync(() => [
        moved.listen(update),
        rooms.onChange(update),
        reading.onChange(update),
        onGrowth(reading.look),
        present.onChange(update)
      ]),
      (stops) =>
        Effect.sync(() => {
          for (const stop of stops) stop()
        })
    )
  })

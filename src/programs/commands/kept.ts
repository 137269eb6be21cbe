/** The posts that commands may show. */
import * as Effect from "effect/Effect"
import { MessageLog } from "../../../services/MessageLog.ts"
import { PeerMesh } from "../../../services/PeerMesh.ts"
import { Rooms } from "../../../services/Rooms.ts"
import { isClosed, isFor, isPrivate } from "../../domain/Conversation.ts"

/**
 * All posts that this node keeps of the rooms that it has joined, and the private ones that it can read, oldest first. It
 * may keep others for its peers.
 */
export const kept = Effect.gen(function* () {
  const log = yield* MessageLog
  const rooms = yield* Rooms
  const { self } = yield* PeerMesh
  const shown = new Set([
    ...rooms.joined(),
    ...[...log.rooms].filter((room) => isPrivate(room) && isFor(room, self.id))
  ])
  return (yield* log.recent(Number.MAX_SAFE_INTEGER, shown)).filter((post) => !isClosed(post))
})

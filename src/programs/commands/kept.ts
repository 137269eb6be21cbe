/** The posts that commands may show. */
import * as Effect from "effect/Effect"
import { MessageLog } from "../../../services/MessageLog.ts"
import { Rooms } from "../../../services/Rooms.ts"

/** All posts that this node keeps of the rooms that it has joined, oldest first. It may keep others for its peers. */
export const kept = Effect.gen(function* () {
  const log = yield* MessageLog
  const rooms = yield* Rooms
  return yield* log.recent(Number.MAX_SAFE_INTEGER, new Set(rooms.joined()))
})

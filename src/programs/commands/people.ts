/** The others whom this node knows. */
import * as Effect from "effect/Effect"
import { MeshStatus } from "../../../services/MeshStatus.ts"
import { MessageLog } from "../../../services/MessageLog.ts"
import { PeerMesh } from "../../../services/PeerMesh.ts"
import { authorOf } from "../../domain/Post.ts"

/** The ids of those who are here, and of the authors of kept posts who are not. */
export const people = Effect.gen(function* () {
  const { self } = yield* PeerMesh
  const status = yield* MeshStatus
  const log = yield* MessageLog
  const here = new Set((yield* status.peerStatuses).map(({ peer }) => peer.id))
  const authors = (yield* log.recent(Number.MAX_SAFE_INTEGER)).map(({ stream }) => authorOf(stream))
  return { here, left: new Set(authors.filter((id) => id !== self.id && !here.has(id))) }
})

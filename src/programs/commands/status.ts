/** `/status`: how this node is doing. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { MessageLog } from "../../../services/MessageLog.ts"
import { PeerMesh } from "../../../services/PeerMesh.ts"
import * as Monotonic from "../../domain/Monotonic.ts"
import { formatAddress, title } from "../../domain/Peer.ts"
import { inWords } from "../../domain/Time.ts"
import { Run } from "../Run.ts"
import { answer, make } from "./Command.ts"

export const status = make({
  name: "status",
  elsewhere: ["whoami", "uptime"],
  help: "How this node is doing.",
  details: "It tells of the server, links, lines not yet delivered, and what is kept.",
  arguments: Schema.Tuple(),
  run: () =>
    Effect.gen(function* () {
      const log = yield* MessageLog
      const mesh = yield* PeerMesh
      const { begun, undelivered } = yield* Run
      const others = yield* mesh.peerStatuses
      const linked = others.filter(({ link }) => link !== undefined)
      const server = linked.some(({ peer }) => peer.role === "server") ? "up" : "away; everybody goes on without it"
      const waiting = (yield* undelivered.posts).length
      const kept = (yield* log.recent(Number.MAX_SAFE_INTEGER)).length
      const age = Monotonic.millis(yield* Effect.clock) - begun
      return answer(
        `This is ${title(mesh.self.id)} at ${formatAddress(mesh.self.address)}, for ${inWords(age)}.`,
        ...(mesh.self.role === "server" ? [] : [`The server is ${server}.`]),
        `Links: ${linked.length} of ${others.length}. After ${inWords(yield* mesh.silence)} of silence one counts as lost.`,
        waiting === 0 ? "Every line of yours has reached somebody." : `Nobody has yet ${waiting} of your lines.`,
        `Lines kept: ${kept}.`
      )
    })
})

/** `/status`: the state of this node. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { MeshStatus } from "../../../services/MeshStatus.ts"
import { MessageLog } from "../../../services/MessageLog.ts"
import { PeerMesh } from "../../../services/PeerMesh.ts"
import { Rooms } from "../../../services/Rooms.ts"
import { isHeld } from "../../domain/Delivery.ts"
import * as Monotonic from "../../domain/Monotonic.ts"
import { formatAddress, title } from "../../domain/Peer.ts"
import { roomTitle } from "../../domain/Post.ts"
import { serverOf } from "../../domain/Site.ts"
import { inWords } from "../../domain/Time.ts"
import { Run } from "../Run.ts"
import { roomOf, Session } from "../session/Session.ts"
import { answer, make } from "./Command.ts"

export const status = make({
  name: "status",
  group: "This node",
  elsewhere: ["whoami", "uptime"],
  help: "Shows the state of this node.",
  details: "It shows the server, links, rooms, undelivered lines, and how many lines are kept.",
  arguments: Schema.Tuple(),
  run: () =>
    Effect.gen(function* () {
      const log = yield* MessageLog
      const rooms = yield* Rooms
      const { self } = yield* PeerMesh
      const { peerStatuses, silence } = yield* MeshStatus
      const { begun, undelivered } = yield* Run
      const all = yield* peerStatuses
      const others = all.filter(({ guestSince }) => guestSince === undefined)
      const far = all.filter(({ site }) => site !== undefined)
      const sites = new Set(far.flatMap(({ site }) => (site === undefined ? [] : [title(serverOf(site))])))
      const linked = others.filter(({ link }) => link !== undefined)
      const server = linked.some(({ peer }) => peer.role === "server") ? "up" : "down; the chat goes on without it"
      const unheld = yield* undelivered.unheld
      const unread = (yield* undelivered.posts).filter((post) => isHeld(post, undelivered.delivery())).length
      const kept = (yield* log.recent(Number.MAX_SAFE_INTEGER)).length
      const age = Monotonic.millis(yield* Effect.clock) - begun
      return answer(
        `This is ${title(self.id)} at ${formatAddress(self.address)}, running for ${inWords(age)}.`,
        ...(self.role === "server" ? [] : [`The server is ${server}.`]),
        `Links: ${linked.length} of ${others.length}. A peer counts as lost after ${inWords(yield* silence)} of silence.`,
        ...(far.length === 0 ? [] : [`Heard from other sites: ${far.length}, through ${[...sites].join(", ")}.`]),
        `Rooms: ${rooms.joined().map(roomTitle).join(", ")}; you are in ${roomTitle(roomOf(yield* Session))}.`,
        unheld === 0 ? "Every line of yours has reached a peer." : `Your lines that no peer has yet: ${unheld}.`,
        ...(unread === 0 ? [] : [`Private lines that others keep for readers who have not got them yet: ${unread}.`]),
        `Lines kept: ${kept}.`
      )
    })
})

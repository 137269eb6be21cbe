/** `/mute` and `/unmute`: hide the lines of an id, and show them again. */
import * as Effect from "effect/Effect"
import * as MutableRef from "effect/MutableRef"
import * as Schema from "effect/Schema"
import { MeshStatus } from "../../../services/MeshStatus.ts"
import { MessageLog } from "../../../services/MessageLog.ts"
import { PeerMesh } from "../../../services/PeerMesh.ts"
import { nearest } from "../../domain/Nearest.ts"
import { type PeerId, title } from "../../domain/Peer.ts"
import { authorOf } from "../../domain/Post.ts"
import { idArgument } from "../../domain/SlashCommand.ts"
import { Session } from "../session/Session.ts"
import { answer, make } from "./Command.ts"

const inWords = (muted: ReadonlySet<PeerId>): string =>
  muted.size === 0 ? "Nobody is muted." : `Muted: ${[...muted].map(title).join(", ")}.`

/** The ids of all others that are here or are the authors of kept posts. */
const others = Effect.gen(function* () {
  const { self } = yield* PeerMesh
  const status = yield* MeshStatus
  const log = yield* MessageLog
  const here = yield* status.peerStatuses
  const kept = yield* log.recent(Number.MAX_SAFE_INTEGER)
  const ids = new Set([...here.map(({ peer }) => peer.id), ...kept.map(({ stream }) => authorOf(stream))])
  ids.delete(self.id)
  return ids
})

export const mute = make({
  name: "mute",
  elsewhere: ["ignore"],
  help: "Hides the lines of ID; without ID: lists who is muted.",
  details: "On this screen only, until /unmute or until you leave.",
  arguments: Schema.Tuple(Schema.optionalElement(idArgument)),
  run: ([id]) =>
    Effect.gen(function* () {
      const { muted } = yield* Session
      if (id !== undefined) {
        const known = yield* others
        if (!known.has(id)) {
          const meant = nearest(id, [...known])
          return answer(
            `${id} is not here, and no line of ${id} is kept${meant === undefined ? "." : `; did you mean ${meant}?`}`
          )
        }
        MutableRef.update(muted, (before) => new Set(before).add(id))
      }
      return answer(inWords(MutableRef.get(muted)))
    })
})

export const unmute = make({
  name: "unmute",
  elsewhere: ["unignore"],
  help: "Shows the lines of ID again.",
  arguments: Schema.Tuple(idArgument),
  run: ([id]) =>
    Effect.gen(function* () {
      const { muted } = yield* Session
      return answer(
        inWords(MutableRef.updateAndGet(muted, (before) => new Set([...before].filter((each) => each !== id))))
      )
    })
})

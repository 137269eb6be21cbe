/** `/mute` and `/unmute`: hide the lines of an id, and show them again. */
import * as Effect from "effect/Effect"
import * as MutableRef from "effect/MutableRef"
import * as Schema from "effect/Schema"
import { nearest } from "../../domain/Nearest.ts"
import { type PeerId, title } from "../../domain/Peer.ts"
import { idArgument } from "../../domain/SlashCommand.ts"
import { Session } from "../session/Session.ts"
import { answer, make } from "./Command.ts"
import { people } from "./people.ts"

const inWords = (muted: ReadonlySet<PeerId>): string =>
  muted.size === 0 ? "Nobody is muted." : `Muted: ${[...muted].map(title).join(", ")}.`

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
        const { here, left } = yield* people
        if (!here.has(id) && !left.has(id)) {
          const meant = nearest(id, [...here, ...left])
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

/** `/mute` and `/unmute`: whose lines one does not want to see. */
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import { type PeerId, title } from "../../domain/Peer.ts"
import { idArgument } from "../../domain/SlashCommand.ts"
import { answer, make } from "./Command.ts"
import { Sitting } from "./Sitting.ts"

const inWords = (muted: ReadonlySet<PeerId>): string =>
  muted.size === 0 ? "Nobody is muted." : `Muted: ${[...muted].map(title).join(", ")}.`

export const mute = make({
  name: "mute",
  elsewhere: ["ignore"],
  help: "Shows no more of what ID says, on this screen alone, until /unmute. Without ID: who is muted.",
  arguments: Schema.Tuple(Schema.optionalElement(idArgument)),
  run: ([id]) =>
    Effect.gen(function* () {
      const { muted } = yield* Sitting
      if (id !== undefined) yield* Ref.update(muted, (before) => new Set(before).add(id))
      return answer(inWords(yield* Ref.get(muted)))
    })
})

export const unmute = make({
  name: "unmute",
  elsewhere: ["unignore"],
  help: "Shows again what ID says.",
  arguments: Schema.Tuple(idArgument),
  run: ([id]) =>
    Effect.gen(function* () {
      const { muted } = yield* Sitting
      return answer(
        inWords(yield* Ref.updateAndGet(muted, (before) => new Set([...before].filter((each) => each !== id))))
      )
    })
})

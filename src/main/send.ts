/** The layers of `outlive send`. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as PipeConsole from "../../layers/console/PipeConsole.ts"
import * as ProgressLine from "../../layers/console/ProgressLine.ts"
import * as StandardInput from "../../layers/console/StandardInput.ts"
import * as SendCommand from "../commands/send.ts"
import { NothingToSay } from "../domain/Errors.ts"
import { mainRoom } from "../domain/Post.ts"
import { usual } from "../domain/Settings.ts"
import { send, sendFiles } from "../programs/send.ts"
import { logged, observed } from "./insight.ts"
import { node, whereabouts } from "./node.ts"
import { complain } from "./output.ts"
import { passing, passingNode } from "./passing.ts"

/** The text on stdin. At a terminal the user has forgotten the text, so this fails with the help. */
const textFromStdin = Effect.gen(function* () {
  if (process.stdin.isTTY) {
    const help = yield* Effect.promise(() => import("./help.ts"))
    return yield* help.briefly("send")
  }
  const { notUtf8, text } = yield* StandardInput.textOf(process.stdin)
  if (notUtf8 !== undefined) complain(`Line ${notUtf8} is not UTF-8: invalid bytes are sent as �.`)
  return text.trim() === "" ? yield* new NothingToSay() : text
})

export const command = SendCommand.make(({ files, limit, room: inRoom, text: said, to, wait, ...given }) =>
  Effect.gen(function* () {
    const room = Option.getOrElse(inRoom, () => mainRoom)
    const text = Option.isSome(said) ? said.value : files.length > 0 ? undefined : yield* textFromStdin
    const id = yield* passing("send", given.id)
    const sending = {
      ...whereabouts(given.servers, given.peer),
      wait,
      whither: Option.match(to, { onNone: () => ({ room }), onSome: (reader) => ({ reader }) })
    }
    const sent =
      text !== undefined && files.length === 0
        ? send({ ...sending, text, limit: Option.getOrElse(limit, () => Duration.seconds(usual.within)) })
        : Effect.scoped(
            Effect.flatMap(ProgressLine.make, (tell) => sendFiles({ ...sending, text, limit, tell, paths: files }))
          )
    yield* sent.pipe(
      observed(given),
      Effect.provide(
        node({
          ...given,
          ...passingNode(given),
          id,
          passing: true,
          hearsPrivate: false,
          history: Option.none(),
          rooms: [room]
        })
      ),
      Effect.provide(PipeConsole.deaf),
      logged(given)
    )
  })
)

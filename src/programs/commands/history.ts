/** `/history`: what was said, as far as this node keeps it. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { MessageLog } from "../../../services/MessageLog.ts"
import { utterance } from "../../domain/Action.ts"
import { authorOf, type Post } from "../../domain/Post.ts"
import { textArgument } from "../../domain/SlashCommand.ts"
import { dateAndTime } from "../../domain/Time.ts"
import { answer, make } from "./Command.ts"

/** So many lines are shown if nobody says how many, and of those that are found. */
const usual = 20

/** A post as one line of a record: when, who, what. */
export const recordOf = ({ at, stream, text }: Post): string =>
  `${dateAndTime(at)} ${utterance(authorOf(stream), text)}`

export const history = make({
  name: "history",
  elsewhere: ["lastlog", "search", "grep"],
  help: "The last 20 lines, or the last K, or the last 20 with that text in them.",
  arguments: Schema.Tuple(Schema.optionalElement(textArgument("K|TEXT"))),
  run: ([wanted = String(usual)]) =>
    Effect.gen(function* () {
      const log = yield* MessageLog
      if (/^\d{1,5}$/.test(wanted)) {
        const posts = yield* log.recent(Number(wanted))
        return answer(...(posts.length === 0 ? ["Nothing is kept of what was said."] : posts.map(recordOf)))
      }
      const found = (yield* log.recent(Number.MAX_SAFE_INTEGER))
        .map(recordOf)
        .filter((line) => line.toLowerCase().includes(wanted.toLowerCase()))
      if (found.length === 0) return answer(`Nothing that is kept has ${wanted} in it.`)
      const above = found.length > usual ? [`${found.length} lines have that in them; the last ${usual}:`] : []
      return answer(...above, ...found.slice(-usual))
    })
})

/** `/history`: the posts that this node keeps. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Post } from "../../domain/Post.ts"
import { notice, recalled, recordOf } from "../../domain/ScreenLine.ts"
import { textArgument } from "../../domain/SlashCommand.ts"
import { roomUnnamed, Session } from "../session/Session.ts"
import { Answer, answer, make } from "./Command.ts"
import { kept } from "./kept.ts"

/** How many lines to show by default, and at most of those that match. */
const usual = 20

export const history = make({
  name: "history",
  elsewhere: ["lastlog", "search", "grep"],
  help: "Shows the last 20 lines, the last K, or those with TEXT.",
  details:
    "Of the lines with TEXT, it shows the last 20. Case does not matter. /history #ops shows lines of that room.",
  arguments: Schema.Tuple(Schema.optionalElement(textArgument("K|TEXT"))),
  run: ([wanted = String(usual)]) =>
    Effect.gen(function* () {
      const here = roomUnnamed(yield* Session)
      const again = (post: Post) => recalled(post, here)
      if (/^\d{1,5}$/.test(wanted)) {
        const all = yield* kept
        const posts = all.slice(Math.max(0, all.length - Number(wanted)))
        return posts.length === 0 ? answer("No lines are kept.") : Answer({ lines: posts.map(again), facts: [] })
      }
      const found = (yield* kept).filter((post) => recordOf(post).toLowerCase().includes(wanted.toLowerCase()))
      if (found.length === 0) return answer(`No line that is kept contains ${wanted}.`)
      const above = found.length > usual ? [`${found.length} lines match; the last ${usual}:`] : []
      return Answer({ lines: [...above.map(notice), ...found.slice(-usual).map(again)], facts: [] })
    })
})

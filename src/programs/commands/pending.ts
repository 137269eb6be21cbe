/** `/pending`: the own lines that no peer has yet. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { mainRoom, type Post, roomIn } from "../../domain/Post.ts"
import { roomMark } from "../../domain/ScreenLine.ts"
import { pendingCommand } from "../../domain/SlashCommand.ts"
import { wordsOf } from "../../domain/Topic.ts"
import { Run } from "../Run.ts"
import { answer, make } from "./Command.ts"

const lineOf = ({ stream, text }: Post): string => `${roomMark(roomIn(stream), mainRoom)}${wordsOf(text)}`

export const pending = make({
  name: pendingCommand.slice(1),
  help: "Lists your lines that no peer has yet.",
  arguments: Schema.Tuple(),
  run: () =>
    Effect.gen(function* () {
      const { undelivered } = yield* Run
      const posts = yield* undelivered.posts
      return posts.length === 0
        ? answer("Every line of yours has reached a peer.")
        : answer(...posts.map((post) => `not yet delivered: ${lineOf(post)}`))
    })
})

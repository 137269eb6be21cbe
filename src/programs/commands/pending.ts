/** `/pending`: the own lines that have not arrived yet. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { wordsOf } from "../../domain/Announcement.ts"
import { privatelyTo, readersOf } from "../../domain/Conversation.ts"
import { mainRoom, type Post, roomIn } from "../../domain/Post.ts"
import { roomMark } from "../../domain/ScreenLine.ts"
import { pendingCommand } from "../../domain/SlashCommand.ts"
import { Run } from "../Run.ts"
import { answer, make } from "./Command.ts"

const lineOf = (post: Post): string => {
  const readers = readersOf(post)
  const mark = readers.length > 0 ? `${privatelyTo(readers)} ` : roomMark(roomIn(post.stream), mainRoom)
  return mark + wordsOf(post.text)
}

export const pending = make({
  name: pendingCommand.slice(1),
  help: "Lists your lines that no peer has yet, or not their readers.",
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

/** `/save FILE`: writes the posts that this node keeps to a text file. */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { escape } from "../../domain/Escape.ts"
import { recordOf } from "../../domain/ScreenLine.ts"
import { textArgument } from "../../domain/SlashCommand.ts"
import { codeOf, troubleOf } from "../../domain/Trouble.ts"
import { answer, make } from "./Command.ts"
import { kept } from "./kept.ts"

/** Why a file was not written. */
const reasonOf = (error: unknown): string =>
  codeOf(error) === "EEXIST" ? "it exists already" : troubleOf(error).detail

export const save = make({
  name: "save",
  group: "This node",
  help: "Writes the posts that are kept into a new file.",
  details: "Each post takes one line. A file that exists is never overwritten.",
  arguments: Schema.Tuple(textArgument("FILE")),
  run: ([path]) =>
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const posts = yield* kept
      const text = posts.map((post) => `${escape(recordOf(post))}\n`).join("")
      // File permissions are left to the user's umask. A file that exists is never overwritten.
      return yield* files.writeFileString(path, text, { flag: "wx" }).pipe(
        Effect.as(answer(`${posts.length === 1 ? "1 line is" : `${posts.length} lines are`} in ${path}.`)),
        Effect.catchAll((error) => Effect.succeed(answer(`${path} was not written: ${reasonOf(error)}.`)))
      )
    })
})

/** `/save FILE`: what was said, as far as this node keeps it, in a text file. */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { MessageLog } from "../../../services/MessageLog.ts"
import { escape, recordOf } from "../../domain/ScreenLine.ts"
import { textArgument } from "../../domain/SlashCommand.ts"
import { codeOf, troubleOf } from "../../domain/Trouble.ts"
import { answer, make } from "./Command.ts"

/** Why a file was not written. */
const reasonOf = (error: unknown): string =>
  codeOf(error) === "EEXIST" ? "it is there already" : troubleOf(error).detail

export const save = make({
  name: "save",
  help: "Writes what was said into a new file, a line each.",
  details: "It writes what is kept here, and over no file that is there.",
  arguments: Schema.Tuple(textArgument("FILE")),
  run: ([path]) =>
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const log = yield* MessageLog
      const posts = yield* log.recent(Number.MAX_SAFE_INTEGER)
      const text = posts.map((post) => `${escape(recordOf(post))}\n`).join("")
      // Whoever may read it is the user's to say; nothing that is there already is written over.
      return yield* files.writeFileString(path, text, { flag: "wx" }).pipe(
        Effect.as(answer(`${path} has ${posts.length === 1 ? "1 line" : `${posts.length} lines`} now.`)),
        Effect.catchAll((error) => Effect.succeed(answer(`${path} was not written: ${reasonOf(error)}.`)))
      )
    })
})

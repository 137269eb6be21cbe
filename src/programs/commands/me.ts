/** `/me waves`: says what the author does. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { actionOf } from "../../domain/Action.ts"
import { textArgument } from "../../domain/SlashCommand.ts"
import { make, Say } from "./Command.ts"

export const me = make({
  name: "me",
  elsewhere: ["action", "emote", "describe"],
  help: "Says what you do: /me waves shows Client 3 · waves.",
  arguments: Schema.Tuple(textArgument("TEXT")),
  run: ([text]) => Effect.succeed(Say({ text: actionOf(text) }))
})

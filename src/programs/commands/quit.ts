/** `/quit`: the same as `Exit`. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Leave, make } from "./Command.ts"

export const quit = make({
  name: "quit",
  elsewhere: ["exit", "bye", "disconnect", "q"],
  help: "Leaves, as Exit does. At the server: stops it.",
  arguments: Schema.Tuple(),
  run: () => Effect.succeed(Leave())
})

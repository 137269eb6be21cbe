/** The command line of `outlive tail`. */
import * as Command from "@effect/cli/Command"
import type * as Effect from "effect/Effect"
import type { About } from "./About.ts"
import {
  history,
  host,
  insight,
  json,
  limits,
  passingId,
  patience,
  peer,
  security,
  servers,
  shownRooms,
  silence
} from "./options.ts"

const configuration = {
  id: passingId,
  servers,
  peer,
  host,
  rooms: shownRooms,
  history,
  silence,
  patience,
  json,
  limits,
  security,
  ...insight
}

export type Arguments = Command.Command.ParseConfig<typeof configuration>

export const about: About = {
  summary: "Show what others say, until a signal ends it.",
  details: "It joins the chat, sends nothing, and shows what the others send.",
  part: "For scripts",
  usual: ["room", "history", "json", "id", "server", "peer"],
  examples: [
    ["outlive tail --history 20", "the last 20 lines, then new ones"],
    ["outlive tail --json", "a line of JSON for each event"]
  ]
}

export const make = <E, R>(run: (given: Arguments) => Effect.Effect<void, E, R>) =>
  Command.make("tail", configuration, run).pipe(Command.withDescription(about.summary))

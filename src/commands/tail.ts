/** `outlive tail`: what its command line means. */
import * as Command from "@effect/cli/Command"
import type * as Effect from "effect/Effect"
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
  server,
  silence
} from "./options.ts"

const configuration = {
  id: passingId,
  server,
  peer,
  host,
  history,
  silence,
  patience,
  json,
  limits,
  security,
  ...insight
}

export type Arguments = Command.Command.ParseConfig<typeof configuration>

export const make = <E, R>(run: (given: Arguments) => Effect.Effect<void, E, R>) =>
  Command.make("tail", configuration, run).pipe(
    Command.withDescription(
      "Joins the chat and shows what is said there until a signal ends it; it says nothing. Example: outlive tail --json --history 20"
    )
  )

/** `outlive send TEXT`: what its command line means. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { usual } from "../domain/Settings.ts"
import { host, insight, limits, passingId, patience, peer, seconds, security, server, silence } from "./options.ts"

const text = Args.text({ name: "TEXT" }).pipe(Args.withDescription("What to say."))

const wait = Options.text("wait").pipe(
  Options.withPseudoName("NUMBER"),
  Options.withDefault("1"),
  Options.withSchema(
    Schema.NumberFromString.pipe(Schema.int(), Schema.between(0, 10_000)).annotations({
      message: () => ({ message: "--wait takes 0 to 10000 peers", override: true })
    })
  ),
  Options.withDescription("How many peers must have it. 0: whoever is there is sent it, and nothing is waited for.")
)
const limit = seconds("within", "OUTLIVE_WITHIN").pipe(
  Options.withDefault<number>(usual.within),
  Options.map(Duration.seconds),
  Options.withDescription("Seconds after which it is given up, with status 1.")
)

const configuration = {
  text,
  wait,
  limit,
  id: passingId,
  server,
  peer,
  host,
  silence,
  patience,
  limits,
  security,
  ...insight
}

export type Arguments = Command.Command.ParseConfig<typeof configuration>

export const make = <E, R>(run: (given: Arguments) => Effect.Effect<void, E, R>) =>
  Command.make("send", configuration, run).pipe(
    Command.withDescription(
      "Joins the chat, says one line, waits until so many peers have it, and leaves. Status 0: they have it. Example: outlive send --wait 2 'the build is done'"
    )
  )

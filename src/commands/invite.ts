/** `outlive invite`: what its command line means. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { AddressFromString } from "../domain/Peer.ts"
import { state } from "./options.ts"

const uses = Options.integer("uses").pipe(
  Options.withPseudoName("NUMBER"),
  Options.withDefault(1),
  Options.withSchema(Schema.Number.pipe(Schema.between(1, 1_000, { message: () => "--uses takes 1 to 1000 people" }))),
  Options.withDescription("How many people may come by it.")
)

const expires = Options.float("expires").pipe(
  Options.withPseudoName("HOURS"),
  Options.withDefault(72),
  Options.withSchema(
    Schema.Number.pipe(Schema.between(0.01, 8_760, { message: () => "--expires takes 0.01 to 8760 hours" }))
  ),
  Options.map(Duration.hours),
  Options.withDescription("After how many hours nobody can come by it any more.")
)

const server = Options.text("server").pipe(
  Options.withPseudoName("HOST:PORT"),
  Options.withSchema(AddressFromString),
  Options.withDescription("Where those who are invited reach the server, as HOST:PORT. By default where it listens."),
  Options.optional
)

const list = Options.boolean("list").pipe(
  Options.withDescription("Lists the invitations there are, in place of making one.")
)

const revoke = Options.text("revoke").pipe(
  Options.withPseudoName("NAME"),
  Options.withDescription("Takes back the invitation whose name, as --list shows it, begins like that."),
  Options.optional
)

const options = { uses, expires, server, list, revoke, state }

export type Arguments = Command.Command.ParseConfig<typeof options>

export const make = <E, R>(run: (given: Arguments) => Effect.Effect<void, E, R>) =>
  Command.make("invite", options, run).pipe(
    Command.withDescription(
      "Prints a link by which somebody can join the chat of this user's server, be it running or not. Whoever has the link can come: hand it over where nobody else reads. Example: outlive invite --uses 3"
    )
  )

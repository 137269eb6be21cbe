/** The command line of `outlive invite`. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { AddressFromString } from "../domain/Peer.ts"
import { Site } from "../domain/Site.ts"
import type { About } from "./About.ts"
import { state } from "./options.ts"

const uses = Options.text("uses").pipe(
  Options.withPseudoName("NUMBER"),
  Options.withDefault("1"),
  Options.withSchema(
    Schema.NumberFromString.pipe(Schema.int(), Schema.between(1, 1_000)).annotations({
      message: () => ({ message: "--uses takes 1 to 1000 people", override: true })
    })
  ),
  Options.withDescription("How many people may use it. By default 1.")
)

const expires = Options.text("expires").pipe(
  Options.withPseudoName("HOURS"),
  Options.withDefault("72"),
  Options.withSchema(
    Schema.NumberFromString.pipe(Schema.between(0.01, 8_760)).annotations({
      message: () => ({ message: "--expires takes 0.01 to 8760 hours", override: true })
    })
  ),
  Options.map(Duration.hours),
  Options.withDescription("How long it is valid. By default 72.")
)

const server = Options.text("server").pipe(
  Options.withPseudoName("HOST:PORT"),
  Options.withSchema(AddressFromString),
  Options.withDescription("Where the invited people reach the server. By default where it listened last."),
  Options.optional
)

const site = Options.text("site").pipe(
  Options.withPseudoName("NAME"),
  Options.withSchema(Site),
  Options.withDescription("Invite the server of that site, in place of people."),
  Options.optional
)

const list = Options.boolean("list").pipe(Options.withDescription("List the invitations instead of making one."))

const revoke = Options.text("revoke").pipe(
  Options.withPseudoName("NAME"),
  Options.withDescription("Revoke the invitation whose name begins so; --list shows the names."),
  Options.optional
)

const options = { uses, expires, server, site, list, revoke, state }

export type Arguments = Command.Command.ParseConfig<typeof options>

export const about: About = {
  summary: "Print an invitation, list all, or revoke one.",
  details:
    "It prints a link with which somebody can join the chat of this user's server. The server need not run. Anybody who has the link can join: pass it on where nobody else reads it.",
  part: "Talk",
  usual: ["uses", "expires", "server", "site", "list", "revoke"],
  examples: [
    ["outlive invite", "for one person and three days"],
    ["outlive invite --uses 5 --expires 1", "for five people and one hour"]
  ]
}

export const make = <E, R>(run: (given: Arguments) => Effect.Effect<void, E, R>) =>
  Command.make("invite", options, run).pipe(Command.withDescription(about.summary))

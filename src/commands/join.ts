/** `outlive join LINK ID [PORT1] [PORT2]`: what its command line means. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Config from "effect/Config"
import type * as Effect from "effect/Effect"
import { LinkFromString } from "../domain/Invitation.ts"
import { Host, Port } from "../domain/Peer.ts"
import { id, port1, port2 } from "./client.ts"
import { peer, state, talking } from "./options.ts"

const link = Args.text({ name: "LINK" }).pipe(
  Args.withSchema(LinkFromString),
  Args.withDescription("The invitation, as outlive invite has printed it.")
)

const anyPort = Port.make(0)

const host = Options.text("host").pipe(
  Options.withPseudoName("HOST"),
  Options.withFallbackConfig(Config.string("OUTLIVE_HOST")),
  Options.withSchema(Host),
  Options.withDescription(
    "The host to listen on, at which the others reach this one. By default all of this machine's, unless the server is on it too."
  ),
  Options.optional
)

const configuration = {
  link,
  id,
  port1: Args.withDefault(port1, anyPort),
  port2: Args.withDefault(port2, anyPort),
  host,
  peer,
  state,
  ...talking
}

export type Arguments = Command.Command.ParseConfig<typeof configuration>

export const make = <E, R>(run: (given: Arguments) => Effect.Effect<void, E, R>) =>
  Command.make("join", configuration, run).pipe(
    Command.withDescription(
      "Joins a chat by an invitation, over secure connections: as outlive client does, with the server and its key from the link. The same link works for the same ID at each start. Example: outlive join LINK anna"
    )
  )

/** The command line of `outlive join LINK ID [PORT1] [PORT2]`. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Config from "effect/Config"
import type * as Effect from "effect/Effect"
import { LinkFromString } from "../domain/Invitation.ts"
import { Host } from "../domain/Peer.ts"
import type { About } from "./About.ts"
import { atAnyPorts, atTwoPorts } from "./client.ts"
import { withSafeFrontEnds } from "./frontEnds.ts"
import { peer, state, talking } from "./options.ts"

const link = Args.text({ name: "LINK" }).pipe(
  Args.withSchema(LinkFromString),
  Args.withDescription("The invitation that outlive invite has printed.")
)

const host = Options.text("host").pipe(
  Options.withPseudoName("HOST"),
  Options.withFallbackConfig(Config.string("OUTLIVE_HOST")),
  Options.withSchema(Host),
  Options.withDescription(
    "The host to listen at. By default all addresses of this machine, or loopback if the server is there."
  ),
  Options.optional
)

const configuration = {
  link,
  ...atAnyPorts,
  host,
  peer,
  state,
  ...talking
}

export type Arguments = Command.Command.ParseConfig<typeof configuration>

export const about: About = {
  summary: "Join a chat by an invitation, over secure connections.",
  details:
    "The invitation is a link, which outlive invite prints on the server's machine. It has the server's address and key. The same link works for the same ID at each start.",
  part: "Talk",
  usual: ["host", "room", "data", "history", "highlight"],
  examples: [
    ["outlive join 'outlive://192.168.1.5:4000/#KEY.TOKEN' anna", "at any ports"],
    ["outlive join LINK anna 5001 6001", "at ports of your choice"]
  ]
}

export const make = <E, R>(run: (given: Arguments) => Effect.Effect<void, E, R>) =>
  Command.make("join", configuration, atTwoPorts(withSafeFrontEnds(run))).pipe(Command.withDescription(about.summary))

/** The command line of `outlive web ID [PORT1] [PORT2]`. */
import * as Command from "@effect/cli/Command"
import type * as Effect from "effect/Effect"
import type { About } from "./About.ts"
import { atAnyPorts, atTwoPorts } from "./client.ts"
import { withSafeFrontEnds } from "./frontEnds.ts"
import { host, peer, security, servers, talking, webHere } from "./options.ts"

const { json: _json, web: _web, ...serving } = talking

const configuration = {
  ...atAnyPorts,
  servers,
  host,
  peer,
  security,
  web: webHere,
  ...serving
}

export type Arguments = Command.Command.ParseConfig<typeof configuration>

export const about: About = {
  summary: "Join as a client, and open its page in a browser.",
  details:
    "The page is the chat for those without a terminal. $BROWSER names the browser, if it is not that of the system. At a terminal, the chat is there too; without one, the client goes on until a signal ends it.",
  part: "Talk",
  usual: ["web", "server", "data", "room"],
  examples: [
    ["outlive web anna", "at any ports"],
    ["outlive web anna 5001 6001 --web 4100 --data ~/anna", "at the same address each time, with a log"]
  ]
}

export const make = <E, R>(run: (given: Arguments) => Effect.Effect<void, E, R>) =>
  Command.make("web", configuration, atTwoPorts(withSafeFrontEnds(run))).pipe(Command.withDescription(about.summary))

/** The command line of `outlive irc ID [PORT1] [PORT2]`. */
import * as Command from "@effect/cli/Command"
import type * as Effect from "effect/Effect"
import type { About } from "./About.ts"
import { atAnyPorts, atTwoPorts } from "./client.ts"
import { withSafeFrontEnds } from "./frontEnds.ts"
import { host, ircHere, peer, security, servers, talking } from "./options.ts"

const { history: _history, irc: _irc, json: _json, roomNotices: _notices, screen: _screen, ...serving } = talking

const configuration = {
  ...atAnyPorts,
  servers,
  host,
  peer,
  security,
  irc: ircHere,
  ...serving
}

export type Arguments = Command.Command.ParseConfig<typeof configuration>

export const about: About = {
  summary: "Join as a client without a screen, for IRC clients.",
  details:
    "It reads no input, and writes no line of the chat: only notices, to stderr. IRC clients such as weechat connect to it. A signal ends it, once a peer has what was said. It is made for a service manager.",
  part: "Talk",
  usual: ["irc", "irc-password", "server", "data", "room"],
  examples: [
    ["outlive irc anna", "at localhost:6667"],
    ["outlive irc anna 5001 6001 --irc 6697 --data ~/anna", "at another port, with a log"]
  ]
}

export const make = <E, R>(run: (given: Arguments) => Effect.Effect<void, E, R>) =>
  Command.make("irc", configuration, atTwoPorts(withSafeFrontEnds(run))).pipe(Command.withDescription(about.summary))

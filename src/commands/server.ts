/** The command line of `outlive server`. */
import * as Command from "@effect/cli/Command"
import type * as Effect from "effect/Effect"
import type { About } from "./About.ts"
import { withSafeIrc } from "./ircSafety.ts"
import { carries, host, port, ports, security, talking } from "./options.ts"

const options = { port, host, ports, carries, security, ...talking }

export type Arguments = Command.Command.ParseConfig<typeof options>

export const about: About = {
  summary: "Start a server: it introduces clients to each other.",
  details:
    "The server introduces clients to each other, and talks as one of them. Type a line to talk to all; Exit ends it. The clients go on without it. Start it again in the same folder, and it calls them back.",
  part: "Talk",
  usual: ["port", "host", "ports", "data"],
  examples: [
    ["outlive server", "at localhost:4000"],
    ["outlive server --host 192.168.1.5", "for other machines, encrypted"]
  ]
}

export const make = <E, R>(run: (given: Arguments) => Effect.Effect<void, E, R>) =>
  Command.make("server", options, withSafeIrc(run)).pipe(Command.withDescription(about.summary))

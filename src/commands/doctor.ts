/** The command line of `outlive doctor`. */
import * as Command from "@effect/cli/Command"
import type * as Effect from "effect/Effect"
import type { About } from "./About.ts"
import { data, host, nats, natsCa, natsChat, natsCreds, port, ports, rooms, serverElsewhere, state } from "./options.ts"

const options = { server: serverElsewhere, host, port, ports, data, state, rooms, nats, natsChat, natsCreds, natsCa }

export type Arguments = Command.Command.ParseConfig<typeof options>

export const about: About = {
  summary: "Look for problems, and say how to fix them.",
  details:
    "It checks ports, the server, each client in ports.txt, the data folder and what is kept there, NATS if it is told of it, the clock and the terminal. It does not join the chat. Its status is 1 if something is wrong.",
  part: "Set up",
  usual: ["server", "host", "port", "ports", "data"],
  examples: [
    ["outlive doctor", "the server at localhost:4000"],
    ["outlive doctor --port 4100", "a server that listens at port 4100"]
  ]
}

export const make = <E, R>(run: (given: Arguments) => Effect.Effect<void, E, R>) =>
  Command.make("doctor", options, run).pipe(Command.withDescription(about.summary))

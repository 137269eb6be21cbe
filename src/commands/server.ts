/** `outlive server`: what its command line means. */
import * as Command from "@effect/cli/Command"
import type * as Effect from "effect/Effect"
import { host, port, ports, security, talking } from "./options.ts"

const options = { port, host, ports, security, ...talking }

export type Arguments = Command.Command.ParseConfig<typeof options>

export const make = <E, R>(run: (given: Arguments) => Effect.Effect<void, E, R>) =>
  Command.make("server", options, run).pipe(
    Command.withDescription(
      "Introduces clients to each other at a known port, and talks as one of them. Type a line to talk to all; Exit ends the server, and everybody goes on without it. Start it again in the same folder: it calls everybody back. Example: outlive server --port 4000"
    )
  )

/** `outlive server`: what its command line means. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Config from "effect/Config"
import type * as Effect from "effect/Effect"
import { PortFromString } from "../domain/Peer.ts"
import { data, history, host, json, knownPort, patience, silence } from "./options.ts"

const port = Options.text("port").pipe(
  Options.withFallbackConfig(Config.string("OUTLIVE_PORT")),
  Options.withDefault(String(knownPort)),
  Options.withSchema(PortFromString("--port")),
  Options.withDescription("The port to listen on, at which the clients know the server.")
)

const ports = Options.text("ports").pipe(
  Options.withFallbackConfig(Config.string("OUTLIVE_PORTS")),
  Options.withDefault("ports.txt"),
  Options.withDescription("The file that remembers where each client listens.")
)

const options = { port, host, ports, data, history, silence, patience, json }

export type Arguments = Command.Command.ParseConfig<typeof options>

export const make = <E, R>(run: (given: Arguments) => Effect.Effect<void, E, R>) =>
  Command.make("server", options, run).pipe(
    Command.withDescription(
      "Introduces clients to each other at a known port, and talks as one of them. Type a line to talk to all; Exit ends the server, and everybody goes on without it. Start it again in the same folder: it calls everybody back. Example: outlive server --port 4000"
    )
  )

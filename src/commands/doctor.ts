/** `outlive doctor`: what its command line means. */
import * as Command from "@effect/cli/Command"
import type * as Effect from "effect/Effect"
import { data, host, port, ports, server } from "./options.ts"

const options = { server, host, port, ports, data }

export type Arguments = Command.Command.ParseConfig<typeof options>

export const make = <E, R>(run: (given: Arguments) => Effect.Effect<void, E, R>) =>
  Command.make("doctor", options, run).pipe(
    Command.withDescription(
      "Looks at ports, the server, each client in ports.txt, the data folder, the clock and the terminal; says what is wrong and what to do. Status 1 if something is."
    )
  )

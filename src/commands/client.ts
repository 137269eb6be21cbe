/** The command line of `outlive client ID PORT1 PORT2`. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as ValidationError from "@effect/cli/ValidationError"
import * as Effect from "effect/Effect"
import { ClientId, Port, PortFromString } from "../domain/Peer.ts"
import type { About } from "./About.ts"
import { withSafeFrontEnds } from "./frontEnds.ts"
import { host, peer, security, servers, talking } from "./options.ts"

const id = Args.text({ name: "ID" }).pipe(
  Args.withSchema(ClientId),
  Args.withDescription("What the others call this client: 1 to 32 letters, digits, - and _.")
)
const port1 = Args.text({ name: "PORT1" }).pipe(
  Args.withSchema(PortFromString("PORT1")),
  Args.withDescription("The client's own port for its connection to the server. 0: any.")
)
const port2 = Args.text({ name: "PORT2" }).pipe(
  Args.withSchema(PortFromString("PORT2")),
  Args.withDescription("The port where it listens for the other clients. 0: any.")
)

const anyPort = Port.make(0)

/** Who joins, for those who need not say at which ports. */
export const atAnyPorts = { id, port1: Args.withDefault(port1, anyPort), port2: Args.withDefault(port2, anyPort) }

const configuration = { id, port1, port2, servers, host, peer, security, ...talking }

export type Arguments = Command.Command.ParseConfig<typeof configuration>

export const about: About = {
  summary: "Join the chat of a server on this machine.",
  details:
    "A client talks to everybody over direct links, whether the server is up or down. Type a line to talk to all; /help lists what else can be typed; Exit leaves.",
  part: "Talk",
  usual: ["server", "peer", "room", "data", "history", "highlight"],
  examples: [
    ["outlive client anna 5001 6001", "join the server at localhost:4000"],
    ["outlive client ci 0 0 --server localhost:4100", "at any ports, another server"]
  ]
}

interface Ports {
  readonly port1: Port
  readonly port2: Port
}

/** Refuses equal ports: a client can't dial from the port where it listens. */
export const atTwoPorts =
  <A extends Ports, E, R>(run: (given: A) => Effect.Effect<void, E, R>) =>
  (given: A): Effect.Effect<void, E | ValidationError.ValidationError, R> =>
    given.port1 === given.port2 && given.port1 !== 0
      ? Effect.fail(
          ValidationError.invalidValue(
            HelpDoc.p(`PORT1 and PORT2 are both ${given.port1}: take two ports, or 0 for any`)
          )
        )
      : run(given)

export const make = <E, R>(run: (given: Arguments) => Effect.Effect<void, E, R>) =>
  Command.make("client", configuration, atTwoPorts(withSafeFrontEnds(run))).pipe(Command.withDescription(about.summary))

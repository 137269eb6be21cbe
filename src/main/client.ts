/** The layers of `outlive client`, and of every other client at which a person or program talks. */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import type { Console } from "../../services/Console.ts"
import type { Interrupts } from "../../services/Interrupts.ts"
import * as ClientCommand from "../commands/client.ts"
import type { Screen } from "../commands/options.ts"
import type { Address, Port } from "../domain/Peer.ts"
import * as Client from "../programs/client.ts"
import { failingIfRefused } from "../programs/refused.ts"
import { Highlights, RoomNotices } from "../programs/session/Session.ts"
import { consoleFor } from "./console.ts"
import { type Insight, logged, observed } from "./insight.ts"
import { type Irc, ircFor } from "./irc.ts"
import { dialled, onNode, type Safety, type ServersGiven, type Settings, whereabouts } from "./node.ts"
import { type Web, webFor } from "./web.ts"

type ClientNode = Pick<
  Settings,
  "id" | "listen" | "rooms" | "data" | "history" | "silence" | "patience" | "limits" | "transferring"
> &
  Insight &
  Irc &
  Web & {
    readonly servers: ServersGiven
    readonly peer: Option.Option<Address>
    readonly port1: Port
    readonly safety: Omit<Safety, "dials">
    readonly within: Duration.Duration
  }

interface AtScreen {
  readonly roomNotices: boolean
  readonly json: boolean
  readonly screen: Screen
}

/** A client at whose node people are, with that console. */
export const clientAt = (
  console: Layer.Layer<Console, never, Interrupts>,
  { peer, port1, safety, servers, within, ...given }: ClientNode
) =>
  Client.client({ ...whereabouts(servers, peer, port1), within }).pipe(
    observed(given),
    onNode(
      { ...given, role: "client", member: false, safety: { ...safety, dials: dialled(servers, peer) } },
      { frontEnds: Layer.merge(ircFor(given, { id: given.id, role: "client" }), webFor(given)) }
    ),
    failingIfRefused,
    Effect.provide(console),
    logged(given)
  )

/** A client with a person or a program at its console. */
export const client = ({ json, roomNotices, screen, ...given }: ClientNode & AtScreen) =>
  clientAt(consoleFor(json, screen), given).pipe(
    Effect.provideService(Highlights, screen.highlight),
    Effect.provideService(RoomNotices, roomNotices)
  )

export const command = ClientCommand.make(({ host, port2, security, ...given }) =>
  client({ ...given, listen: { host, port: port2 }, safety: security })
)

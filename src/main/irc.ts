/** The front end for IRC clients, which a node has only if it is asked for. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TcpTransport from "../../layers/TcpTransport.ts"
import type { Console } from "../../services/Console.ts"
import type { MessageLog } from "../../services/MessageLog.ts"
import type { Sessions } from "../../services/Sessions.ts"
import type { HostElsewhere, PortTaken } from "../domain/Errors.ts"
import type { Address, Named } from "../domain/Peer.ts"

const version = process.env["OUTLIVE_VERSION"] ?? "unbuilt"

/** More IRC clients than one person has. */
const mostClients = 64

export interface Irc {
  readonly data: Option.Option<string>
  readonly irc: Option.Option<Address>
  readonly ircPassword: Option.Option<string>
}

/** Serves IRC clients, as far as the options ask for it. Its module is loaded only then. */
export const ircFor = (
  { data, irc, ircPassword }: Irc,
  self: Named
): Layer.Layer<never, PortTaken | HostElsewhere, Sessions | MessageLog | Console> =>
  Option.match(irc, {
    onNone: () => Layer.empty,
    onSome: (listen) =>
      Layer.unwrapEffect(
        Effect.map(
          Effect.promise(() =>
            Promise.all([import("../../layers/IrcFrontEnd.ts"), import("../../layers/irc/Keep.ts")])
          ),
          ([{ layer }, { inFolder, nowhere }]) =>
            layer({
              self,
              listen,
              password: Option.getOrUndefined(ircPassword),
              version,
              keep: Option.match(data, { onNone: () => nowhere, onSome: inFolder })
            })
        )
      ).pipe(Layer.provide(TcpTransport.layer({ connections: mostClients, connectionsPerAddress: mostClients })))
  })

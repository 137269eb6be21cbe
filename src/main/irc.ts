/** The front end for IRC clients, which a node has only if it is asked for. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { keepIn } from "../../layers/Keep.ts"
import * as TcpTransport from "../../layers/TcpTransport.ts"
import type { Console } from "../../services/Console.ts"
import type { Guests } from "../../services/Guests.ts"
import type { Membership } from "../../services/Membership.ts"
import type { MessageLog } from "../../services/MessageLog.ts"
import type { Sessions } from "../../services/Sessions.ts"
import type { Transport } from "../../services/Transport.ts"
import { type CertificateUnusable, type FrontEndUnable, namedBy } from "../domain/Errors.ts"
import { defaultLimits } from "../domain/Limits.ts"
import type { Address, Named } from "../domain/Peer.ts"

const version = process.env["OUTLIVE_VERSION"] ?? "unbuilt"

/** More IRC clients than one person has, and more guests than fit into a room of a school. */
const mostClients = 64
const mostGuests = 512

export interface Irc {
  readonly data: Option.Option<string>
  readonly irc: Option.Option<Address>
  readonly ircPassword: Option.Option<string>
  readonly ircCert: Option.Option<string>
  readonly ircKey: Option.Option<string>
  /** Whether each client is a guest, a person of its own. Otherwise it speaks as the node. */
  readonly ircGuests?: boolean
  readonly ircName?: Option.Option<string>
  readonly ircOperPassword?: Option.Option<string>
}

const textIn = (option: Option.Option<string> = Option.none()): string | undefined => Option.getOrUndefined(option)

/** All clients may come from one address. */
const roomFor = (most: number) => ({
  connections: most,
  connectionsPerAddress: most,
  handshake: defaultLimits.handshake
})

/** How IRC clients connect: over TLS if there is a certificate. */
const transportFor = ({ ircCert, ircGuests = false, ircKey }: Irc): Layer.Layer<Transport, CertificateUnusable> => {
  const room = roomFor(ircGuests ? mostGuests : mostClients)
  return Option.match(Option.all([ircCert, ircKey]), {
    onNone: () => TcpTransport.layer(room),
    onSome: ([certificate, key]) =>
      Layer.unwrapEffect(
        Effect.map(
          Effect.promise(() => import("../../layers/CertificateTransport.ts")),
          (module) => module.layer({ certificate, key, room })
        )
      )
  })
}

/** Serves IRC clients, as far as the options ask for it. Its module is loaded only then. */
export const ircFor = (
  given: Irc,
  self: Named
): Layer.Layer<never, FrontEndUnable, Sessions | MessageLog | Membership | Guests | Console> =>
  Option.match(given.irc, {
    onNone: () => Layer.empty,
    onSome: (listen) =>
      Layer.unwrapEffect(
        Effect.map(
          Effect.promise(() => import("../../layers/IrcFrontEnd.ts")),
          ({ layer }) =>
            layer({
              self,
              listen,
              password: Option.getOrUndefined(given.ircPassword),
              version,
              guests: given.ircGuests === true,
              name: textIn(given.ircName),
              operPassword: textIn(given.ircOperPassword),
              keep: keepIn(given.data, "irc-clients.json")
            })
        )
      ).pipe(Layer.provide(transportFor(given)), Layer.mapError(namedBy("--irc")))
  })

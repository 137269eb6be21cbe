/** A Transport over TLS with a certificate of files, for programs that check names and authorities: IRC clients. */
import * as Tls from "node:tls"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Transport } from "../services/Transport.ts"
import type { CertificateUnusable } from "../src/domain/Errors.ts"
import type { Limits } from "../src/domain/Limits.ts"
import * as TcpTransport from "./TcpTransport.ts"
import { type Paths, readPair } from "./transport/Certificate.ts"
import { makeEntrance } from "./transport/TlsEntrance.ts"

export interface Settings extends Paths {
  readonly room: TcpTransport.Room & Pick<Limits, "handshake">
}

const make = ({ certificate, key, room }: Settings) =>
  Effect.gen(function* () {
    const { secureContext } = yield* readPair("irc", { certificate, key })
    const accept = yield* makeEntrance({
      options: { secureContext },
      handshake: room.handshake,
      isFit: () => true,
      refusePlain: () => Effect.void
    })
    return TcpTransport.make(
      {
        call: (to) => Tls.connect(to),
        answered: "secureConnect",
        // Nobody shows a key here: those who come in say a password.
        check: () => Either.right(Option.none()),
        accept,
        within: TcpTransport.plain.within,
        reset: (socket) => socket.destroy()
      },
      room
    )
  })

/** A transport with that certificate, which is read once, and with room for connections. */
export const layer = (settings: Settings): Layer.Layer<Transport, CertificateUnusable> =>
  Layer.effect(Transport, make(settings))

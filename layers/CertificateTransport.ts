/** A Transport over TLS with a certificate of files, for programs that check names and authorities: IRC clients. */
import * as Fs from "node:fs/promises"
import * as Tls from "node:tls"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Transport } from "../services/Transport.ts"
import { CertificateUnusable } from "../src/domain/Errors.ts"
import type { Limits } from "../src/domain/Limits.ts"
import * as TcpTransport from "./TcpTransport.ts"
import { makeEntrance } from "./transport/TlsEntrance.ts"

export interface Settings {
  /** The file with the certificate and those of its authorities, in PEM. */
  readonly certificate: string
  /** The file with the private key, in PEM. */
  readonly key: string
  readonly room: TcpTransport.Room & Pick<Limits, "handshake">
}

const read = (path: string) =>
  Effect.tryPromise({
    try: () => Fs.readFile(path),
    catch: (error) => new CertificateUnusable({ path, detail: (error as NodeJS.ErrnoException).code ?? String(error) })
  })

const make = ({ certificate, key, room }: Settings) =>
  Effect.gen(function* () {
    const files = yield* Effect.all({ cert: read(certificate), key: read(key) })
    const secureContext = yield* Effect.try({
      try: () => Tls.createSecureContext({ ...files, minVersion: "TLSv1.2" }),
      catch: () => new CertificateUnusable({ path: certificate, detail: `it and ${key} are no pair of PEM files` })
    })
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
        reset: (socket) => socket.destroy()
      },
      room
    )
  })

/** A transport with that certificate, which is read once, and with room for connections. */
export const layer = (settings: Settings): Layer.Layer<Transport, CertificateUnusable> =>
  Layer.effect(Transport, make(settings))

/** A Transport over mutual TLS 1.3 (RFC 8446): each side proves its key to the other. */
import * as Constants from "node:constants"
import type * as Net from "node:net"
import * as Tls from "node:tls"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Identity } from "../services/Identity.ts"
import { type Secured, Transport } from "../services/Transport.ts"
import { defaultLimits, type Limits } from "../src/domain/Limits.ts"
import { strangerTo } from "../src/domain/Security.ts"
import { encode } from "../src/protocol/Frame.ts"
import * as Keys from "./identity/Keys.ts"
import * as TcpTransport from "./TcpTransport.ts"
import * as SecuredOver from "./transport/SecuredOver.ts"
import { makeEntrance } from "./transport/TlsEntrance.ts"

const bindingBytes = 32

/** The proven key of the other side. Undefined if it has not proven one on this very connection. */
const securedBy = (socket: Tls.TLSSocket): Secured | undefined => {
  const certificate = socket.getPeerX509Certificate()
  const key = certificate === undefined ? undefined : Keys.publicKeyOf(certificate.publicKey)
  // A resumed session proves nothing, and `authorized` is true for one without a certificate: Node's PR 64677.
  if (key === undefined || socket.isSessionReused() || socket.getProtocol() !== "TLSv1.3") return undefined
  return {
    key,
    binding: (purpose) => socket.exportKeyingMaterial(bindingBytes, `EXPORTER-outlive-${purpose}`, Buffer.alloc(0))
  }
}

/** The maximum numbers of connections, and the time limit for a visitor to prove its key. */
export type Room = TcpTransport.Room & Pick<Limits, "handshake">

/** How this node proves its key, and what it asks of the other side. */
export const protection = (room: Pick<Room, "handshake">): Effect.Effect<TcpTransport.Securing, never, Identity> =>
  Effect.gen(function* () {
    const { credentials } = yield* Identity
    const options: Tls.CommonConnectionOptions = {
      secureContext: Tls.createSecureContext({
        key: credentials.privateKey,
        cert: credentials.certificate,
        minVersion: "TLSv1.3",
        maxVersion: "TLSv1.3",
        secureOptions: Constants.SSL_OP_NO_TICKET
      }),
      requestCert: true,
      // All certificates are self-signed. Which keys are trusted is decided by the user of the connection.
      rejectUnauthorized: false
    }

    const securing: TcpTransport.Securing = {
      // A server name would be sent unencrypted, and reveal who is called.
      call: (to) => Tls.connect({ ...to, ...options, servername: "" }),
      over: (socket) => Tls.connect({ socket, ...options, servername: "" }),
      answered: "secureConnect",
      check: (socket) =>
        Option.match(Option.fromNullable(securedBy(socket as Tls.TLSSocket)), {
          onNone: () => Either.left("it shows no key"),
          onSome: (secured) => Either.right(Option.some(secured))
        }),
      accept: yield* makeEntrance({
        options,
        handshake: room.handshake,
        isFit: (socket) => securedBy(socket) !== undefined,
        refusePlain
      }),
      within: (connection, side) => SecuredOver.within(securing)(connection, side),
      reset: (socket) => socket.destroy()
    }
    return securing
  })

/** Tells a visitor without TLS that this chat is secure, in an unencrypted frame. */
const refusePlain = (socket: Net.Socket): Effect.Effect<void> =>
  Effect.sync(() => {
    if (socket.writable) socket.write(encode({ type: "stranger", detail: strangerTo.tls }))
  })

/** A TLS transport with that room for connections. */
export const layer = (room: Room = defaultLimits): Layer.Layer<Transport, never, Identity> =>
  Layer.effect(
    Transport,
    Effect.map(protection(room), (tls) => TcpTransport.make(tls, room))
  )

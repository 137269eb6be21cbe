/** A Transport over mutual TLS 1.3 (RFC 8446): each side proves its key to the other. */
import * as Constants from "node:constants"
import type * as Net from "node:net"
import * as Tls from "node:tls"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Identity } from "../services/Identity.ts"
import { type Secured, Transport } from "../services/Transport.ts"
import { defaultLimits, type Limits } from "../src/domain/Limits.ts"
import { strangerTo } from "../src/domain/Security.ts"
import { encode } from "../src/protocol/Frame.ts"
import * as Keys from "./identity/Keys.ts"
import * as TcpTransport from "./TcpTransport.ts"
import { endOnError, letGo } from "./transport/Listening.ts"

/**
 * At most `mostComputed` handshakes run at a time, and each keeps others waiting for at most `turn`. A handshake takes
 * this node a millisecond or two, so hundreds at once would delay all posts.
 */
const mostComputed = 8
const turn = "20 millis"

/** The first byte of every TLS connection: a handshake record (RFC 8446, section 5.1). No frame begins with it. */
const handshakeRecord = 0x16

const bindingBytes = 32

/** The result for a visitor that is not let in. */
const nobody = Option.none<Tls.TLSSocket>()

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

const make = (room: Room) =>
  Effect.map(Effect.zip(Identity, Effect.makeSemaphore(mostComputed)), ([{ credentials }, turns]) => {
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

    /** Runs the handshake with a visitor. Returns its secure socket, or none if it has not proven a key. */
    const shake = (raw: Net.Socket): Effect.Effect<Option.Option<Tls.TLSSocket>> =>
      Effect.async((resume) => {
        if (raw.destroyed) return resume(Effect.succeedNone)
        const socket = new Tls.TLSSocket(raw, { ...options, isServer: true })
        endOnError(socket)
        socket.once("close", () => resume(Effect.succeedNone))
        socket.once("secure", () => {
          resume(Effect.succeed(securedBy(socket) === undefined ? Option.none() : Option.some(socket)))
        })
      })

    const inTime = Effect.timeoutTo({
      duration: room.handshake,
      onSuccess: (fit: Option.Option<Tls.TLSSocket>) => fit,
      onTimeout: () => nobody
    })

    /**
     * Runs the handshake when it is its turn. The wait for the turn is never interrupted by a time limit: Effect 3
     * loses a permit that is granted at that moment.
     */
    const shakeInTurn = (raw: Net.Socket): Effect.Effect<Option.Option<Tls.TLSSocket>> =>
      turns
        .withPermits(1)(
          Effect.tap(Effect.fork(inTime(shake(raw))), (shaking) => Effect.timeoutOption(Fiber.await(shaking), turn))
        )
        .pipe(Effect.flatMap(Fiber.join))

    const secured = (raw: Net.Socket): Effect.Effect<Option.Option<Tls.TLSSocket>> =>
      firstByte(raw).pipe(
        Effect.timeoutTo({ duration: room.handshake, onSuccess: (byte) => byte, onTimeout: () => undefined }),
        Effect.flatMap((byte) =>
          byte === undefined
            ? Effect.succeed(nobody)
            : byte === handshakeRecord
              ? shakeInTurn(raw)
              : Effect.as(refusePlain(raw), nobody)
        )
      )

    const accept: TcpTransport.Protection["accept"] = (raw, serve) => {
      let isServed = false
      return Effect.map(secured(raw), (fit) => {
        if (Option.isNone(fit)) return
        isServed = true
        fit.value
          .once("close", () => letGo(raw))
        serve(fit.value)
      }).pipe(
        Effect.ensuring(
          Effect.sync(() => {
            if (!isServed) letGo(raw)
          })
        )
      )
    }

    return TcpTransport.make(
      {
        // A server name would be sent unencrypted, and reveal who is called.
        call: (to) => Tls.connect({ ...to, ...options, servername: "" }),
        answered: "secureConnect",
        check: (socket) =>
          Option.match(Option.fromNullable(securedBy(socket as Tls.TLSSocket)), {
            onNone: () => Either.left("it shows no key"),
            onSome: (secured) => Either.right(Option.some(secured))
          }),
        accept,
        reset: (socket) => socket.destroy()
      },
      room
    )
  })

/** The first byte of a connection; undefined if it ends before. The byte is not consumed. */
const firstByte = (socket: Net.Socket): Effect.Effect<number | undefined> =>
  Effect.async((resume) => {
    socket.once("close", () => resume(Effect.succeed(undefined)))
    socket.once("end", () => resume(Effect.succeed(undefined)))
    socket.once("readable", () => {
      const first: Buffer | null = socket.read(1)
      if (first === null) return
      socket.unshift(first)
      resume(Effect.succeed(first[0]))
    })
  })

/** Tells a visitor without TLS that this chat is secure, in an unencrypted frame. */
const refusePlain = (socket: Net.Socket): Effect.Effect<void> =>
  Effect.sync(() => {
    if (socket.writable) socket.write(encode({ type: "stranger", detail: strangerTo.tls }))
  })

/** A TLS transport with that room for connections. */
export const layer = (room: Room = defaultLimits): Layer.Layer<Transport, never, Identity> =>
  Layer.effect(Transport, make(room))

/** A Transport over mutual TLS 1.3 (RFC 8446): whoever is at the other side has proven its key. */
import * as Constants from "node:constants"
import type * as Net from "node:net"
import * as Tls from "node:tls"
import * as Effect from "effect/Effect"
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

/**
 * So many handshakes are computed at a time, and none keeps others waiting for longer than that: each takes this node a
 * millisecond or two, and hundreds at once would hold up all that is said meanwhile.
 */
const mostComputed = 8
const turn = "20 millis"

/** With this byte every TLS connection begins: a record of a handshake (RFC 8446, section 5.1). No frame of ours does. */
const handshakeRecord = 0x16

const bindingBytes = 32

/** A visitor that is not let in. */
const nobody = Option.none<Tls.TLSSocket>()

/** Undefined if the other side has shown no key for this very connection. */
const securedBy = (socket: Tls.TLSSocket): Secured | undefined => {
  const certificate = socket.getPeerX509Certificate()
  const key = certificate === undefined ? undefined : Keys.publicKeyOf(certificate.publicKey)
  // A session that is resumed proves nothing anew, and `authorized` is true for one without a certificate: Node's PR 64677.
  if (key === undefined || socket.isSessionReused() || socket.getProtocol() !== "TLSv1.3") return undefined
  return {
    key,
    binding: (purpose) => socket.exportKeyingMaterial(bindingBytes, `EXPORTER-outlive-${purpose}`, Buffer.alloc(0))
  }
}

/** How many connections are let in, and within which time a visitor must have proven its key. */
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
      // All certificates are signed by their owners. Whose they may be is for whoever uses the connection to say, by the key.
      rejectUnauthorized: false
    }

    /** The socket by which a visitor goes on that has proven its key; none if it has not. */
    const shake = (raw: Net.Socket): Effect.Effect<Option.Option<Tls.TLSSocket>> =>
      Effect.async((resume) => {
        if (raw.destroyed) return resume(Effect.succeedNone)
        const socket = new Tls.TLSSocket(raw, { ...options, isServer: true })
        TcpTransport.endOnError(socket)
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

    /** The same, when it is its turn. What waits for that is not broken off: Effect 3 loses a permit that is granted just then. */
    const shakeInTurn = (raw: Net.Socket): Effect.Effect<Option.Option<Tls.TLSSocket>> =>
      turns
        .withPermits(1)(
          Effect.tap(Effect.fork(inTime(shake(raw))), (shaking) => Effect.timeoutOption(Fiber.await(shaking), turn))
        )
        .pipe(Effect.flatMap(Fiber.join))

    const accept: TcpTransport.Protection["accept"] = (raw, serve) =>
      firstByte(raw).pipe(
        Effect.timeoutTo({ duration: room.handshake, onSuccess: (byte) => byte, onTimeout: () => undefined }),
        Effect.flatMap((byte) =>
          byte === undefined
            ? Effect.succeed(nobody)
            : byte === handshakeRecord
              ? shakeInTurn(raw)
              : Effect.as(refusePlain(raw), nobody)
        ),
        Effect.flatMap(
          Option.match({
            onNone: () => Effect.void,
            onSome: (socket) =>
              Effect.ensuring(
                Effect.suspend(() => serve(socket)),
                TcpTransport.release(socket)
              )
          })
        )
      )

    return TcpTransport.make(
      {
        // A name in the clear would tell whom one talks to.
        call: (to) => Tls.connect({ ...to, ...options, servername: "" }),
        answered: "secureConnect",
        check: (socket) =>
          Option.match(Option.fromNullable(securedBy(socket as Tls.TLSSocket)), {
            onNone: () => Effect.fail("it shows no key"),
            onSome: (secured) => Effect.succeedSome(secured)
          }),
        accept,
        reset: (socket) => socket.destroy()
      },
      room
    )
  })

/** What a connection begins with; undefined if it ends before. The byte is left where it is. */
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

/** Whoever speaks plain is told so, in plain. */
const refusePlain = (socket: Net.Socket): Effect.Effect<void> =>
  Effect.sync(() => {
    if (socket.writable) socket.write(encode({ type: "stranger", detail: strangerTo.tls }))
  })

/** One that lets in so many connections. */
export const layer = (room: Room = defaultLimits): Layer.Layer<Transport, never, Identity> =>
  Layer.effect(Transport, make(room))

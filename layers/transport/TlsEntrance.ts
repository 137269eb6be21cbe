/** Runs TLS handshakes with the visitors of a listener, a few at a time, each within a time limit. */
import type * as Net from "node:net"
import * as Tls from "node:tls"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type { Limits } from "../../src/domain/Limits.ts"
import type * as TcpTransport from "../TcpTransport.ts"
import { endOnError, letGo } from "./Listening.ts"

/**
 * At most `mostComputed` handshakes run at a time, and each keeps others waiting for at most `turn`. A handshake takes
 * this node a millisecond or two, so hundreds at once would delay all posts.
 */
const mostComputed = 8
const turn = "20 millis"

/** The first byte of every TLS connection: a handshake record (RFC 8446, section 5.1). No frame begins with it. */
const handshakeRecord = 0x16

/** The result for a visitor that is not let in. */
const nobody = Option.none<Tls.TLSSocket>()

export interface Entrance extends Pick<Limits, "handshake"> {
  /** How this side shows who it is, and what it asks of visitors. */
  readonly options: Tls.CommonConnectionOptions
  /** Whether a visitor has shown what it must. */
  readonly isFit: (socket: Tls.TLSSocket) => boolean
  /** Tells a visitor that does not use TLS, before its connection is closed. */
  readonly refusePlain: (socket: Net.Socket) => Effect.Effect<void>
}

/** A function that secures the sockets of visitors, and passes on those that are fit. */
export const makeEntrance = ({
  handshake,
  isFit,
  options,
  refusePlain
}: Entrance): Effect.Effect<NonNullable<TcpTransport.Protection["accept"]>> =>
  Effect.map(Effect.makeSemaphore(mostComputed), (turns) => {
    /** Runs the handshake with a visitor. Returns its secure socket, or none if it is not fit. */
    const shake = (raw: Net.Socket): Effect.Effect<Option.Option<Tls.TLSSocket>> =>
      Effect.async((resume) => {
        if (raw.destroyed) return resume(Effect.succeedNone)
        const socket = new Tls.TLSSocket(raw, { ...options, isServer: true })
        endOnError(socket)
        socket.once("close", () => resume(Effect.succeedNone))
        socket.once("secure", () => {
          resume(Effect.succeed(isFit(socket) ? Option.some(socket) : Option.none()))
        })
      })

    const inTime = Effect.timeoutTo({
      duration: handshake,
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
        Effect.timeoutTo({ duration: handshake, onSuccess: (byte) => byte, onTimeout: () => undefined }),
        Effect.flatMap((byte) =>
          byte === undefined
            ? Effect.succeed(nobody)
            : byte === handshakeRecord
              ? shakeInTurn(raw)
              : Effect.as(refusePlain(raw), nobody)
        )
      )

    return (raw, serve) => {
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

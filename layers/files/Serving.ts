/** Serves an offer over one connection, from the `serving` on. */
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Scope from "effect/Scope"
import type { Connection } from "../../services/Transport.ts"
import type { FileChanged, FileUnreadable, FolderUnusable } from "../../src/domain/Errors.ts"
import * as Monotonic from "../../src/domain/Monotonic.ts"
import { makeSignal, whileOpen } from "../../src/domain/Signal.ts"
import type { TokenBucket } from "../../src/domain/TokenBucket.ts"
import { encode } from "../../src/protocol/Frame.ts"
import { encodeHead, makeRequestDecoder, maxBodyBytes, type Request } from "../../src/protocol/TransferStream.ts"
import type { Share } from "./Share.ts"

/** A peer that asks for nothing for this long is let go, and so is one that takes nothing. */
const idleLimit = 60_000
const stuckLimit = 30_000

/** How often that is looked at: a timer for each wait would cost more than the rest of a piece. */
const checkEvery = Duration.seconds(1)

/** How many pieces may wait for a peer. */
const mostWaiting = 256

/** How often a peer is told at most that there are more pieces. */
const tellEvery = Duration.seconds(1)

/** How much is read ahead of the socket: two pieces, each with its line. */
const mostReady = 4

interface Needs {
  readonly clock: Clock.Clock
  /** What this node serves in all; undefined if there is no limit. */
  readonly bucket: TokenBucket | undefined
  /** Takes back the bytes of a piece that nobody needs any more. */
  readonly giveBack: (bytes: Uint8Array) => void
  /** So many bytes of a piece were given to the peer. */
  readonly gave: (bytes: number) => void
  /** The peer has everything now. */
  readonly whole: () => void
  /** A piece can't be read. */
  readonly unreadable: (piece: number, error: FileUnreadable | FileChanged | FolderUnusable) => void
}

/** A peer is served no more: it has gone, is done, or has broken a rule. */
const over = Effect.fail("over" as const)

/**
 * Serves until the peer has gone or asks for nothing any more, or the share is closed. The next piece is read while the
 * last ones are sent, and no more: a slow peer takes no memory.
 */
export const serve = (
  connection: Connection,
  share: Share,
  { bucket, clock, gave, giveBack, unreadable, whole }: Needs
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    // Mutable, each change in one synchronous step.
    const requests: Array<Request> = []
    const ready: Array<Uint8Array> = []
    /**
     * The bytes of whole pieces: more than a connection takes without waiting. So when it asks for more, it has sent them.
     * Of what is less, nobody knows when it is sent.
     */
    const pieces = new Set<Uint8Array>()
    let last: Uint8Array | undefined
    let waiting = 0
    let ended = false
    /** When this gives up waiting for the peer, in monotonic ms. */
    let giveUpAt = Number.POSITIVE_INFINITY
    const signal = makeSignal()
    const decode = makeRequestDecoder()

    const end = (): void => {
      ended = true
      signal.changed()
    }
    const put = (...parts: ReadonlyArray<Uint8Array>): void => {
      ready.push(...parts)
      connection.wake()
    }
    const take = (pieces: ReadonlyArray<Uint8Array>): void => {
      const decoded = decode(pieces)
      if (Either.isLeft(decoded)) return end()
      for (const request of decoded.right) {
        if (request.type === "pieces") waiting += request.count
        // The end of the connection comes right behind it.
        if (request.type === "stop" && request.whole) whole()
        requests.push(request)
      }
      if (waiting > mostWaiting || requests.length > mostWaiting) return end()
      signal.changed()
    }
    /** Waits until that holds; gives up when the connection is over, or after so many ms. */
    const until = (holds: () => boolean, limit: number): Effect.Effect<void, "over"> =>
      Effect.suspend(() => {
        if (ended || share.isClosed) return over
        if (holds()) return Effect.void
        giveUpAt = Monotonic.millis(clock) + limit
        return Effect.flatMap(
          signal.until(() => ended || share.isClosed || holds()),
          () => {
            giveUpAt = Number.POSITIVE_INFINITY
            return ended || share.isClosed ? over : Effect.void
          }
        )
      })
    const room = until(() => ready.length < mostReady, stuckLimit)
    const paced = (bytes: number): Effect.Effect<void> =>
      Effect.suspend(() => {
        const wait = bucket?.take(bytes, Monotonic.millis(clock)) ?? 0
        return wait === 0 ? Effect.void : Effect.sleep(wait)
      })

    const sendManifest = (from: number): Effect.Effect<void, "over"> =>
      Effect.iterate(from, {
        while: (at) => at < share.manifest.length,
        body: (at) => {
          const bytes = share.manifest.subarray(at, at + maxBodyBytes)
          return room.pipe(
            Effect.zipRight(paced(bytes.length)),
            Effect.map(() => {
              put(encodeHead({ type: "manifest", from: at, bytes }), bytes)
              return at + bytes.length
            })
          )
        }
      }).pipe(Effect.asVoid)

    const sendPiece = (piece: number): Effect.Effect<void, "over"> =>
      Effect.gen(function* () {
        const bytes = share.gives(piece) ? yield* Effect.either(share.read(piece)) : undefined
        if (bytes !== undefined && Either.isLeft(bytes)) unreadable(piece, bytes.left)
        if (bytes === undefined || Either.isLeft(bytes)) return put(encodeHead({ type: "gone", piece }))
        yield* paced(bytes.right.length)
        yield* room
        if (bytes.right.length === maxBodyBytes) pieces.add(bytes.right)
        put(encodeHead({ type: "piece", piece, bytes: bytes.right }), bytes.right)
        gave(bytes.right.length)
      })

    const answer = (request: Request): Effect.Effect<void, "over"> => {
      if (request.type === "stop") return over
      if (request.type === "manifest") return sendManifest(request.from)
      return Effect.forEach(
        Array.from({ length: request.count }, (_, at) => request.first + at),
        (piece) => {
          waiting -= 1
          return sendPiece(piece)
        },
        { discard: true }
      )
    }

    let told = -1
    const tell = (): void => {
      const { has } = share
      told = share.count
      put(encodeHead({ type: "has", pieces: has === "all" ? "all" : has.bytes() }))
    }

    connection.drain(() => {
      if (last !== undefined && pieces.delete(last)) giveBack(last)
      const bytes = ready.shift()
      last = bytes
      if (ready.length < mostReady) signal.changed()
      return bytes
    })
    put(encode({ type: "serving", key: share.key }))
    tell()
    connection.receive({ take, end })
    connection.hold(false)
    yield* whileOpen(() => share.changes.listen(signal.changed))
    yield* Effect.forkScoped(
      Effect.forever(
        signal
          .until(() => share.count !== told)
          .pipe(Effect.zipRight(Effect.sync(tell)), Effect.zipRight(Effect.sleep(tellEvery)))
      )
    )
    const check = Effect.sync(() => {
      if (Monotonic.millis(clock) >= giveUpAt) end()
    })
    yield* Effect.forkScoped(Effect.forever(Effect.zipRight(Effect.sleep(checkEvery), check)))
    yield* Effect.ignore(
      Effect.forever(
        until(() => requests.length > 0, idleLimit).pipe(
          Effect.flatMap(() => {
            const request = requests.shift()
            return request === undefined ? Effect.void : answer(request)
          })
        )
      )
    )
  })

/** Holds what has arrived until it is pulled, and says when to stop reading. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Mailbox from "effect/Mailbox"
import * as Stream from "effect/Stream"
import { PeerLost } from "../../src/domain/Errors.ts"
import type { LossReason } from "../../src/domain/Happening.ts"

/** Above so many bytes that nobody has pulled, the other side is made to wait. */
export const highWaterMark = 262_144

export interface Inlet {
  readonly incoming: Stream.Stream<Uint8Array, PeerLost>
  /** How many bytes have arrived so far. */
  readonly received: () => number
  /** Returns when nothing more can arrive. */
  readonly ended: Effect.Effect<void>
  /** Adds what has arrived. */
  readonly offer: (bytes: Uint8Array) => void
  /** The other side has sent its last byte. */
  readonly end: () => void
  /** The connection broke. */
  readonly fail: (reason: LossReason) => void
}

/** `pause` and `resume` are called when reading should stop, and may go on. */
export const make = (flow: { readonly pause: () => void; readonly resume: () => void }): Effect.Effect<Inlet> =>
  Effect.map(Mailbox.make<Uint8Array, PeerLost>(), (mailbox) => {
    let waiting = 0
    let received = 0
    let over = false
    let onOver: (() => void) | undefined
    const finish = (exit: Exit.Exit<void, PeerLost>) => {
      over = true
      mailbox.unsafeDone(exit)
      onOver?.()
    }
    let paused = false
    return {
      incoming: Stream.mapChunks(Mailbox.toStream(mailbox), (pieces) => {
        waiting -= Chunk.reduce(pieces, 0, (sum, piece) => sum + piece.length)
        if (paused && waiting < highWaterMark) {
          paused = false
          flow.resume()
        }
        return pieces
      }),
      received: () => received,
      ended: Effect.async((resume) => {
        if (over) return resume(Effect.void)
        onOver = () => resume(Effect.void)
        return Effect.sync(() => {
          onOver = undefined
        })
      }),
      offer: (bytes) => {
        waiting += bytes.length
        received += bytes.length
        mailbox.unsafeOffer(bytes)
        if (!paused && waiting >= highWaterMark) {
          paused = true
          flow.pause()
        }
      },
      end: () => finish(Exit.void),
      fail: (reason) => finish(Exit.fail(new PeerLost({ reason })))
    }
  })

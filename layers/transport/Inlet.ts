/** Hands on received bytes. It buffers what is not taken, and pauses the reading when the buffer is full. */
import * as Effect from "effect/Effect"
import type { Receiver } from "../../services/Transport.ts"
import { PeerLost } from "../../src/domain/Errors.ts"
import type { LossReason } from "../../src/domain/MeshEvent.ts"

/** The buffer size from which reading pauses, in bytes. */
export const highWaterMark = 262_144

/** The maximum size of what is taken at a time, in bytes, except that it is at least one piece. */
const handful = 65_536

/** Pauses and resumes the reading. */
export interface Flow {
  readonly pause: () => void
  readonly resume: () => void
}

type Arrival = Effect.Effect<ReadonlyArray<Uint8Array>, PeerLost>

/**
 * Mutable, for the hot path: one connection fills it. It is emptied either by fibers, which pull (`incoming`), or by a
 * receiver, which is called as soon as something has come. A link that is up has a receiver, so no fiber waits for it.
 */
export class Inlet {
  readonly #flow: Flow
  #pieces: Array<Uint8Array> = []
  #waiting = 0
  #paused = false
  #ended: LossReason | undefined = undefined
  #reader: ((arrival: Arrival) => void) | undefined = undefined
  #receiver: Receiver | undefined = undefined
  #held = false
  #delivering = false
  #received = 0
  #onEnd: (() => void) | undefined = undefined

  constructor(flow: Flow) {
    this.#flow = flow
  }

  /** Waits for the next pieces, at least one. After the last piece it fails with the reason of the end. */
  get incoming(): Arrival {
    return Effect.suspend(() => this.#pull() ?? this.#arrival)
  }

  /** Gives what arrives to that receiver from now on, and what is there at once. */
  receive(receiver: Receiver): void {
    this.#receiver = receiver
    this.#deliver()
  }

  /** While it is held, the receiver gets nothing, not even the end. */
  hold(held: boolean): void {
    this.#held = held
    if (!held) this.#deliver()
  }

  /** Nobody wants what arrives any more. */
  close(): void {
    this.#receiver = undefined
    this.#onEnd = undefined
    this.#pieces = []
    this.#ended ??= "closed"
  }

  /** How many bytes have arrived so far. */
  get received(): number {
    return this.#received
  }

  /** Sets the function that is called when nothing more can arrive, in place of an earlier one. */
  onEnd(then: (() => void) | undefined): void {
    this.#onEnd = then
    if (this.#ended !== undefined) then?.()
  }

  /** Adds received bytes. */
  offer(bytes: Uint8Array): void {
    if (this.#ended !== undefined) return
    this.#waiting += bytes.length
    this.#received += bytes.length
    this.#pieces.push(bytes)
    if (!this.#paused && this.#waiting >= highWaterMark) {
      this.#paused = true
      this.#flow.pause()
    }
    this.#wake()
    this.#deliver()
  }

  /** Adds received bytes whose memory is used for others after this call. */
  lend(bytes: Uint8Array): void {
    const isTakenNow = this.#receiver !== undefined && !this.#held && !this.#delivering && this.#pieces.length === 0
    // `slice` of a Buffer copies nothing.
    this.offer(isTakenNow ? bytes : new Uint8Array(bytes))
  }

  /** Ends it: nothing more will arrive. The first reason counts. */
  end(reason: LossReason): void {
    this.#ended ??= reason
    this.#wake()
    this.#onEnd?.()
    this.#deliver()
  }

  /**
   * Handles everything that is there. What arrives while the receiver is called, because it has answered, is handled by
   * the same loop and not by another one within it.
   */
  #deliver(): void {
    if (this.#delivering || this.#receiver === undefined) return
    this.#delivering = true
    while (!this.#held && this.#receiver !== undefined) {
      const receiver: Receiver = this.#receiver
      if (this.#pieces.length > 0) receiver.take(this.#take())
      else if (this.#ended === undefined) break
      else {
        this.#receiver = undefined
        receiver.end(this.#ended)
      }
    }
    this.#delivering = false
  }

  // An interrupted reader needs no cleanup: resuming it has no effect, and no bytes were taken for it. A cleanup would
  // take memory on the stack of every link's reader.
  get #arrival(): Arrival {
    return Effect.async((resume) => {
      this.#reader = resume
      // Bytes may have come since the last check: a fiber may yield between any two operations.
      if (this.#pieces.length > 0 || this.#ended !== undefined) this.#wake()
    })
  }

  #wake(): void {
    const reader = this.#reader
    this.#reader = undefined
    // The reader takes what is there when it runs, which may be more by then.
    reader?.(this.incoming)
  }

  #pull(): Arrival | undefined {
    if (this.#pieces.length > 0) return Effect.succeed(this.#take())
    return this.#ended === undefined ? undefined : Effect.fail(new PeerLost({ reason: this.#ended }))
  }

  /** The next pieces, of those that are there. */
  #take(): ReadonlyArray<Uint8Array> {
    const pieces = this.#pieces
    const taken = pieces.length === 1 || this.#waiting <= handful ? pieces : pieces.splice(0, countOf(pieces))
    if (taken === pieces) {
      this.#pieces = []
      this.#waiting = 0
    } else {
      for (const { length } of taken) this.#waiting -= length
    }
    if (this.#paused && this.#waiting < highWaterMark) {
      this.#paused = false
      this.#flow.resume()
    }
    return taken
  }
}

/** How many of the first pieces make up one `handful`, at least one. */
const countOf = (pieces: ReadonlyArray<Uint8Array>): number => {
  let bytes = 0
  const end = pieces.findIndex(({ length }) => {
    bytes += length
    return bytes > handful
  })
  return Math.max(1, end)
}

/** Buffers received bytes until they are pulled, and pauses the reading when the buffer is full. */
import * as Effect from "effect/Effect"
import { PeerLost } from "../../src/domain/Errors.ts"
import type { LossReason } from "../../src/domain/MeshEvent.ts"

/** The buffer size from which reading pauses, in bytes. */
export const highWaterMark = 262_144

/**
 * The maximum size of what one pull returns, in bytes, except that it returns at least one piece. Other fibers can run
 * between two pulls.
 */
const handful = 65_536

/** Pauses and resumes the reading. */
export interface Flow {
  readonly pause: () => void
  readonly resume: () => void
}

type Arrival = Effect.Effect<ReadonlyArray<Uint8Array>, PeerLost>

/**
 * Mutable, for the hot path: one connection fills it, and one reader empties it. It takes 0.6 KB for each link. A
 * Mailbox that is turned into a Stream took 20 KB.
 */
export class Inlet {
  readonly #flow: Flow
  #pieces: Array<Uint8Array> = []
  #waiting = 0
  #paused = false
  #ended: LossReason | undefined
  #reader: ((arrival: Arrival) => void) | undefined
  #received = 0
  #onEnd: (() => void) | undefined

  constructor(flow: Flow) {
    this.#flow = flow
  }

  /** Waits for the next pieces, at least one. After the last piece it fails with the reason of the end. */
  readonly incoming: Arrival = Effect.suspend(() => this.#take() ?? this.#arrival)

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
  }

  /** Ends it: nothing more will arrive. The first reason counts. */
  end(reason: LossReason): void {
    this.#ended ??= reason
    this.#wake()
    this.#onEnd?.()
  }

  // An interrupted reader needs no cleanup: resuming it has no effect, and no bytes were taken for it. A cleanup would
  // take memory on the stack of every link's reader.
  readonly #arrival: Arrival = Effect.async((resume) => {
    this.#reader = resume
    // Bytes may have come since the last check: a fiber may yield between any two operations.
    if (this.#pieces.length > 0 || this.#ended !== undefined) this.#wake()
  })

  #wake(): void {
    const reader = this.#reader
    this.#reader = undefined
    // The reader takes what is there when it runs, which may be more by then.
    reader?.(this.incoming)
  }

  #take(): Arrival | undefined {
    const pieces = this.#pieces
    if (pieces.length === 0) {
      return this.#ended === undefined ? undefined : Effect.fail(new PeerLost({ reason: this.#ended }))
    }
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
    return Effect.succeed(taken)
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

/** Holds what has arrived until it is pulled, and says when to stop reading. */
import * as Effect from "effect/Effect"
import { PeerLost } from "../../src/domain/Errors.ts"
import type { LossReason } from "../../src/domain/MeshEvent.ts"

/** Above so many bytes that nobody has pulled, the other side is made to wait. */
export const highWaterMark = 262_144

/** As much is handed over at a time, and one piece at least, in bytes: who handles it gives way to others in between. */
const handful = 65_536

/** Called when reading should stop, and when it may go on. */
export interface Flow {
  readonly pause: () => void
  readonly resume: () => void
}

type Arrival = Effect.Effect<ReadonlyArray<Uint8Array>, PeerLost>

/**
 * Mutable, for the hot path: one connection fills it, and one reader empties it. It takes 0.6 KB a link, where a Mailbox,
 * made into a Stream and pulled through the Stream's stages, took 20.
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

  /** The next pieces that have come, one at least. After the last of all it fails with why no more will come. */
  readonly incoming: Arrival = Effect.suspend(() => this.#take() ?? this.#arrival)

  /** How many bytes have arrived so far. */
  get received(): number {
    return this.#received
  }

  /** Calls that when nothing more will arrive, and nobody else. */
  onEnd(then: (() => void) | undefined): void {
    this.#onEnd = then
    if (this.#ended !== undefined) then?.()
  }

  /** Adds what has arrived. */
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

  /** Nothing more will arrive. The first reason counts. */
  end(reason: LossReason): void {
    this.#ended ??= reason
    this.#wake()
    this.#onEnd?.()
  }

  // Nothing is undone when the reader is interrupted: to resume it then does nothing, and nothing was taken for it. A way to
  // undo would stand on the stack of every link's reader.
  readonly #arrival: Arrival = Effect.async((resume) => {
    this.#reader = resume
    // Something may have come since it was looked for: a fiber may give way between any two operations.
    if (this.#pieces.length > 0 || this.#ended !== undefined) this.#wake()
  })

  #wake(): void {
    const reader = this.#reader
    this.#reader = undefined
    // It takes what there is when its turn comes, which may be more by then.
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

/** How many of the first pieces are a handful. */
const countOf = (pieces: ReadonlyArray<Uint8Array>): number => {
  let bytes = 0
  const end = pieces.findIndex(({ length }) => {
    bytes += length
    return bytes > handful
  })
  return Math.max(1, end)
}

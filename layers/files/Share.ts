/** What this node lets others fetch of an offer: all of it, or what has come so far. */
import type * as Effect from "effect/Effect"
import type { Shared, Target } from "../../services/FileStore.ts"
import type { FileChanged, FileUnreadable, FolderUnusable } from "../../src/domain/Errors.ts"
import type { Offer } from "../../src/domain/Offer.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import { PieceSet } from "../../src/domain/PieceSet.ts"
import { makeSignal } from "../../src/domain/Signal.ts"
import type { OfferKey } from "../../src/domain/Transfer.ts"

/** Mutable: its owner changes it in single synchronous steps. */
export class Share {
  readonly key: OfferKey
  readonly offer: Offer
  readonly manifest: Uint8Array
  /** How many pieces there are. */
  readonly of: number
  /** Says that there are more pieces, or that it is closed. */
  readonly changes = makeSignal()
  /** The peers that have sought it, and the number of pieces that each was told. */
  readonly seekers = new Map<PeerId, number>()
  /** How many connections it is served over. */
  readers = 0
  #from: Shared | Target
  /** The pieces that could not be read. */
  readonly #lost = new Set<number>()
  #isClosed = false

  constructor(key: OfferKey, of: number, from: Shared | Target) {
    this.key = key
    this.offer = from.offer
    this.manifest = from.manifest
    this.of = of
    this.#from = from
  }

  /** The pieces that are here. */
  get has(): "all" | PieceSet {
    const has = "has" in this.#from ? this.#from.has : "all"
    if (this.#lost.size === 0) return has
    const left = has === "all" ? PieceSet.all(this.of) : has.copy()
    for (const piece of this.#lost) left.delete(piece)
    return left
  }

  /** How many pieces are here. */
  get count(): number {
    return ("has" in this.#from ? this.#from.has.count : this.of) - this.#lost.size
  }

  /** Whether there is anything to fetch: of empty files there is only the manifest. */
  get isWorthTelling(): boolean {
    return this.count > 0 || this.of === 0
  }

  /** Whether it is served no more. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  read(piece: number): Effect.Effect<Uint8Array, FileUnreadable | FileChanged | FolderUnusable> {
    return this.#from.read(piece)
  }

  /** Whether a piece is here. */
  gives(piece: number): boolean {
    if (this.#lost.has(piece)) return false
    return "has" in this.#from ? this.#from.has.has(piece) : piece < this.of
  }

  /** A piece that was here can't be read: it is not here any more. */
  lost(piece: number): void {
    this.#lost.add(piece)
    this.changes.changed()
  }

  /** Another piece is here. */
  grown(): void {
    this.changes.changed()
  }

  /** All files are here. */
  completed(shared: Shared): void {
    this.#from = shared
    this.#lost.clear()
    this.changes.changed()
  }

  /** It is served no more. */
  close(): void {
    this.#isClosed = true
    this.changes.changed()
  }
}

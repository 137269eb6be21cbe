/** Which piece is asked from whom, when several peers have pieces of an offer. Pure: it neither sends nor waits. */
import type { PieceSet } from "./PieceSet.ts"

/** A piece that was asked for this long ago, in ms, may be asked of a second peer, once nothing else is left to ask for. */
export const overdue = 2_000

/** How many peers are asked for the same piece at a time. */
const mostAsked = 2

/** What was asked of one holder. */
interface Holder {
  pieces: PieceSet
  /** The pieces that it was asked for, and when, in ms. */
  readonly asked: Map<number, number>
}

/**
 * The plan of one transfer. Those pieces come first that fewest holders have; of these, in their order, from a piece on
 * that is each node's own. So nodes that fetch at the same time get different pieces, and have something to give to each
 * other, and a disk is read and written in order. `H` names a holder. Mutable: each change is one synchronous step.
 */
export class PiecePlan<H> {
  readonly #of: number
  /** What is here, and what is here or asked for. */
  readonly #had: PieceSet
  readonly #taken: PieceSet
  readonly #holders = new Map<H, Holder>()
  /** How many holders have each piece. */
  readonly #owners: Uint16Array
  /** How many pieces that are not taken have how many owners. */
  readonly #levels: Array<number> = [0]
  /** Where the search for the next piece begins. */
  #cursor: number

  constructor(had: PieceSet, start = 0) {
    this.#of = had.of
    this.#had = had.copy()
    this.#taken = had.copy()
    this.#owners = new Uint16Array(had.of)
    this.#levels[0] = had.of - had.count
    this.#cursor = had.of === 0 ? 0 : start % had.of
  }

  /** How many pieces are not here. */
  get missing(): number {
    return this.#of - this.#had.count
  }

  /** Whether that piece is here. */
  has(piece: number): boolean {
    return this.#had.has(piece)
  }

  /** A holder has these pieces: it is new, or has more than before. */
  holds(holder: H, pieces: PieceSet): void {
    const known = this.#holders.get(holder)
    for (const piece of pieces) if (known?.pieces.has(piece) !== true) this.#own(piece, 1)
    if (known === undefined) this.#holders.set(holder, { pieces: pieces.copy(), asked: new Map() })
    else {
      for (const piece of known.pieces) if (!pieces.has(piece)) this.#own(piece, -1)
      known.pieces = pieces.copy()
    }
  }

  /** A holder has gone. What it was asked for is asked of others. */
  left(holder: H): void {
    const known = this.#holders.get(holder)
    if (known === undefined) return
    this.#holders.delete(holder)
    for (const piece of known.pieces) this.#own(piece, -1)
    for (const piece of known.asked.keys()) this.#free(piece)
  }

  /** A holder does not have that piece any more. */
  lacks(holder: H, piece: number): void {
    const known = this.#holders.get(holder)
    if (known === undefined) return
    if (known.pieces.delete(piece)) this.#own(piece, -1)
    if (known.asked.delete(piece)) this.#free(piece)
  }

  /** Takes at most so many pieces to ask that holder for, now. */
  next(holder: H, count: number, now: number): ReadonlyArray<number> {
    const known = this.#holders.get(holder)
    if (known === undefined || count <= 0) return []
    const chosen: Array<number> = []
    while (chosen.length < count) {
      const more = this.#rarest(known.pieces, count - chosen.length)
      if (more.length === 0) break
      for (const piece of more) {
        this.#take(piece)
        known.asked.set(piece, now)
        chosen.push(piece)
      }
      this.#cursor = ((more.at(-1) ?? 0) + 1) % this.#of
    }
    return chosen.length > 0 ? chosen : this.#again(known, count, now)
  }

  /** A piece has come from that holder. Returns whether it was asked for it. It is neither here nor free until `got`. */
  came(holder: H, piece: number): boolean {
    return this.#holders.get(holder)?.asked.delete(piece) ?? false
  }

  /** A piece that came is verified, and here. Returns whether it was not here before. */
  got(piece: number): boolean {
    this.#take(piece)
    return this.#had.add(piece)
  }

  /** A piece that came is of no use: it is asked for again. */
  spoilt(piece: number): void {
    this.#free(piece)
  }

  /** How many pieces that holder was asked for and has not sent. */
  askedOf(holder: H): number {
    return this.#holders.get(holder)?.asked.size ?? 0
  }

  /** Whether that holder has a piece that is not here. */
  isOfUse(holder: H): boolean {
    const known = this.#holders.get(holder)
    if (known === undefined) return false
    for (let piece = this.#had.firstMissing(); piece !== undefined; piece = this.#had.firstMissing(piece + 1)) {
      if (known.pieces.has(piece)) return true
    }
    return false
  }

  /** Whether any holder has a piece that is not here. */
  get canGoOn(): boolean {
    return [...this.#holders.keys()].some((holder) => this.isOfUse(holder))
  }

  /** The first pieces from the cursor on, of those that are not taken, that fewest holders have. */
  #rarest(pieces: PieceSet, count: number): ReadonlyArray<number> {
    const least = this.#levels.findIndex((pieces, owners) => owners > 0 && pieces > 0)
    if (least < 0) return []
    let found: Array<number> = []
    let owners = Number.POSITIVE_INFINITY
    const look = (from: number, end: number): boolean => {
      for (
        let piece = this.#taken.firstMissing(from);
        piece !== undefined;
        piece = this.#taken.firstMissing(piece + 1)
      ) {
        if (piece >= end) break
        const these = this.#owners[piece] ?? 0
        if (these > owners || !pieces.has(piece)) continue
        if (these < owners) {
          owners = these
          found = []
        }
        if (found.length < count) found.push(piece)
        if (owners === least && found.length === count) return true
      }
      return false
    }
    if (!look(this.#cursor, this.#of)) look(0, this.#cursor)
    return found
  }

  /** Pieces that another holder was asked for long ago, if nothing else is left that this one has. */
  #again({ asked, pieces }: Holder, count: number, now: number): ReadonlyArray<number> {
    const chosen: Array<number> = []
    for (const other of this.#holders.values()) {
      for (const [piece, at] of other.asked) {
        if (chosen.length === count) return chosen
        if (now - at < overdue) break
        if (asked.has(piece) || this.#had.has(piece) || !pieces.has(piece)) continue
        if (this.#askedHow(piece) >= mostAsked) continue
        asked.set(piece, now)
        chosen.push(piece)
      }
    }
    return chosen
  }

  #askedHow(piece: number): number {
    let count = 0
    for (const { asked } of this.#holders.values()) if (asked.has(piece)) count += 1
    return count
  }

  #own(piece: number, by: 1 | -1): void {
    const before = this.#owners[piece] ?? 0
    this.#owners[piece] = before + by
    if (this.#taken.has(piece)) return
    this.#level(before, -1)
    this.#level(before + by, 1)
  }

  #level(owners: number, by: 1 | -1): void {
    this.#levels[owners] = (this.#levels[owners] ?? 0) + by
  }

  #take(piece: number): void {
    if (this.#taken.add(piece)) this.#level(this.#owners[piece] ?? 0, -1)
  }

  /** A piece can be asked for again, unless it is here or still asked of somebody. */
  #free(piece: number): void {
    if (this.#had.has(piece) || this.#askedHow(piece) > 0) return
    if (this.#taken.delete(piece)) this.#level(this.#owners[piece] ?? 0, 1)
  }
}

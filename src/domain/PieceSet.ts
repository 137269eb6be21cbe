/** Which pieces of an offer somebody has: one bit for each. */

/** How many bits of a byte are set. */
const bits = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll("0", "").length)

/**
 * A set of the pieces 0 to `of` - 1. In its bytes, piece 0 is the highest bit of the first byte. Mutable, for the hot
 * path: each change is one synchronous step.
 */
export class PieceSet {
  /** How many pieces there are altogether. */
  readonly of: number
  readonly #bytes: Uint8Array
  #count: number

  private constructor(of: number, bytes: Uint8Array, count: number) {
    this.of = of
    this.#bytes = bytes
    this.#count = count
  }

  static none(of: number): PieceSet {
    return new PieceSet(of, new Uint8Array(Math.ceil(of / 8)), 0)
  }

  static all(of: number): PieceSet {
    const set = PieceSet.none(of)
    for (let piece = 0; piece < of; piece += 1) set.add(piece)
    return set
  }

  /** The set with these bytes; undefined if they are too many or too few, or name a piece that there is not. */
  static fromBytes(of: number, bytes: Uint8Array): PieceSet | undefined {
    if (bytes.length !== Math.ceil(of / 8)) return undefined
    const beyond = 0xff >> (of % 8)
    if (of % 8 !== 0 && ((bytes.at(-1) ?? 0) & beyond) !== 0) return undefined
    let count = 0
    for (const byte of bytes) count += bits[byte] ?? 0
    return new PieceSet(of, bytes.slice(), count)
  }

  /** How many pieces are in the set. */
  get count(): number {
    return this.#count
  }

  get isEmpty(): boolean {
    return this.#count === 0
  }

  get isAll(): boolean {
    return this.#count === this.of
  }

  has(piece: number): boolean {
    return ((this.#bytes[piece >> 3] ?? 0) & (0x80 >> (piece & 7))) !== 0
  }

  /** Adds a piece. Returns whether it was missing; a piece that there is not is not added. */
  add(piece: number): boolean {
    if (!(Number.isSafeInteger(piece) && piece >= 0 && piece < this.of) || this.has(piece)) return false
    const at = piece >> 3
    this.#bytes[at] = (this.#bytes[at] ?? 0) | (0x80 >> (piece & 7))
    this.#count += 1
    return true
  }

  /** Takes a piece out. Returns whether it was there. */
  delete(piece: number): boolean {
    if (!(Number.isSafeInteger(piece) && piece >= 0 && piece < this.of) || !this.has(piece)) return false
    const at = piece >> 3
    this.#bytes[at] = (this.#bytes[at] ?? 0) & ~(0x80 >> (piece & 7))
    this.#count -= 1
    return true
  }

  /** The first piece from that one on that is missing; undefined if none is. */
  firstMissing(from = 0): number | undefined {
    for (let piece = from; piece < this.of; piece += 1) {
      // Eight at once.
      if ((piece & 7) === 0 && this.#bytes[piece >> 3] === 0xff) piece += 7
      else if (!this.has(piece)) return piece
    }
    return undefined
  }

  /** The pieces in the set, in their order. */
  *[Symbol.iterator](): Iterator<number> {
    for (let piece = 0; piece < this.of; piece += 1) {
      if ((piece & 7) === 0 && this.#bytes[piece >> 3] === 0) piece += 7
      else if (this.has(piece)) yield piece
    }
  }

  copy(): PieceSet {
    return new PieceSet(this.of, this.#bytes.slice(), this.#count)
  }

  /** The set as bytes: a copy. */
  bytes(): Uint8Array {
    return this.#bytes.slice()
  }
}

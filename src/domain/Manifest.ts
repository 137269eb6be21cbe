/** Manifests: which files an offer has, and the digests of the pieces that they are cut into. */

/** The size of a piece, in bytes; the last piece may be shorter. */
export const pieceBytes = 262_144

/** The length of a SHA-256, in bytes. */
export const digestBytes = 32

/** The most files in an offer. */
export const mostFiles = 200_000

/** The most bytes of a manifest. */
export const mostManifestBytes = 64 * 1024 * 1024

/** A file of an offer. */
export interface OfferedFile {
  /** Relative, with slashes. It is as the one who offers it has written it: see `distinctPaths`. */
  readonly path: string
  /** In bytes. */
  readonly size: number
}

/** The files are one after the other in the content, which is cut into pieces. */
export interface Manifest {
  readonly files: ReadonlyArray<OfferedFile>
  /** The SHA-256 of each piece, one behind the other. */
  readonly digests: Uint8Array
}

/** A part of a file that is a part of a piece. */
export interface Span {
  /** The index of the file. */
  readonly file: number
  /** Where it begins in the file, and in the piece, in bytes. */
  readonly at: number
  readonly inPiece: number
  readonly bytes: number
}

/** The bytes of all files together. */
export const contentBytes = (files: ReadonlyArray<OfferedFile>): number =>
  files.reduce((sum, { size }) => sum + size, 0)

/** The number of pieces of a content of so many bytes. */
export const piecesOf = (bytes: number): number => Math.ceil(bytes / pieceBytes)

/** The digest of a piece. */
export const digestOfPiece = ({ digests }: Pick<Manifest, "digests">, piece: number): Uint8Array =>
  digests.subarray(piece * digestBytes, (piece + 1) * digestBytes)

type Sized = Pick<OfferedFile, "size">

/** Where the pieces of files lie. Made once for an offer. */
export class Layout {
  /** The bytes of the content. */
  readonly bytes: number
  /** The number of pieces. */
  readonly pieces: number
  /** Where each file begins in the content, and where the last one ends. */
  readonly #begins: Float64Array

  constructor(files: ReadonlyArray<Sized>) {
    this.#begins = new Float64Array(files.length + 1)
    let at = 0
    for (const [index, { size }] of files.entries()) {
      at += size
      this.#begins[index + 1] = at
    }
    this.bytes = at
    this.pieces = piecesOf(at)
  }

  /** The number of files. */
  get files(): number {
    return this.#begins.length - 1
  }

  /** The bytes of a file. */
  sizeOf(file: number): number {
    return (this.#begins[file + 1] ?? 0) - (this.#begins[file] ?? 0)
  }

  /** The bytes of a piece. */
  bytesOf(piece: number): number {
    return Math.max(0, Math.min(pieceBytes, this.bytes - piece * pieceBytes))
  }

  /** The parts of files in a piece, in order. Empty files are in no piece. */
  spansOf(piece: number): ReadonlyArray<Span> {
    const begin = piece * pieceBytes
    const end = begin + this.bytesOf(piece)
    const spans: Array<Span> = []
    for (let file = this.#fileAt(begin); file < this.files; file += 1) {
      const at = this.#begins[file] ?? 0
      if (at >= end) break
      const from = Math.max(begin, at)
      const bytes = Math.min(end, at + this.sizeOf(file)) - from
      if (bytes > 0) spans.push({ file, at: from - at, inPiece: from - begin, bytes })
    }
    return spans
  }

  /** The last file that begins at or before that byte. */
  #fileAt(byte: number): number {
    let [low, high] = [0, this.files - 1]
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if ((this.#begins[middle] ?? 0) <= byte) low = middle
      else high = middle - 1
    }
    return Math.max(0, low)
  }
}

/** Reads the pieces of files that are on disk as a whole. */
import { digestOfPiece, Layout } from "../../src/domain/Manifest.ts"
import { PieceSet } from "../../src/domain/PieceSet.ts"
import type { Disk, Mark } from "./Disk.ts"
import { Failed, reading } from "./Failure.ts"
import { OpenFiles } from "./OpenFiles.ts"
import { sha256 } from "./Sha256.ts"

/**
 * A piece whose files are as they were is read and no more. If one has changed since, or was just being changed when it
 * was looked at, the piece must have its digest.
 */
export class Served {
  readonly #marks: ReadonlyArray<Mark>
  /** Where each file is. */
  readonly #at: (file: number) => string
  readonly #digests: Uint8Array
  readonly #layout: Layout
  readonly #open: OpenFiles
  /** Pieces that had their digests at a time when a change would have shown. */
  readonly #checked: PieceSet

  constructor(disk: Disk, marks: ReadonlyArray<Mark>, at: (file: number) => string, digests: Uint8Array) {
    this.#marks = marks
    this.#at = at
    this.#digests = digests
    this.#layout = new Layout(marks)
    this.#open = new OpenFiles((file) => disk.open(at(file), "read"))
    this.#checked = PieceSet.none(this.#layout.pieces)
  }

  /** The bytes of a piece, in a buffer that has room for any piece. */
  read(piece: number, into: Uint8Array): Uint8Array {
    const bytes = into.subarray(0, this.#layout.bytesOf(piece))
    let changed: string | undefined
    let isFresh = false
    for (const { at, bytes: length, file, inPiece } of this.#layout.spansOf(piece)) {
      const path = this.#at(file)
      const mark = reading(path, () => {
        const opened = this.#open.get(file)
        const read = opened.read(bytes.subarray(inPiece, inPiece + length), at)
        if (read < length) throw new Failed("FileChanged", path)
        return opened.mark()
      })
      const was = this.#marks[file]
      if (mark.stamp !== was?.stamp || was.isFresh) changed ??= path
      isFresh ||= mark.isFresh || mark.stamp !== was?.stamp
    }
    if (changed !== undefined && !(this.#checked.has(piece) && !isFresh)) this.#check(piece, bytes, changed, isFresh)
    return bytes
  }

  close(): void {
    this.#open.close()
  }

  #check(piece: number, bytes: Uint8Array, path: string, isFresh: boolean): void {
    if (!sha256(bytes).equals(digestOfPiece({ digests: this.#digests }, piece))) {
      throw new Failed("FileChanged", path)
    }
    if (!isFresh) this.#checked.add(piece)
  }
}

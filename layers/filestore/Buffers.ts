/**
 * Buffers for pieces that are used again: a new one each time costs as much as reading the piece, and much memory. The
 * thread of a file store sees the same memory, so a piece is copied for nobody and changes hands by the rules alone.
 */
import { pieceBytes } from "../../src/domain/Manifest.ts"

/** So many are kept. */
const most = 64

const isPieceBuffer = ({ buffer, byteOffset }: Uint8Array): boolean =>
  byteOffset === 0 && buffer instanceof SharedArrayBuffer && buffer.byteLength === pieceBytes

export class Buffers {
  readonly #free: Array<Uint8Array> = []

  take(): Uint8Array {
    return this.#free.pop() ?? new Uint8Array(new SharedArrayBuffer(pieceBytes))
  }

  give(bytes: Uint8Array): void {
    if (this.#free.length < most && isPieceBuffer(bytes)) this.#free.push(new Uint8Array(bytes.buffer))
  }
}

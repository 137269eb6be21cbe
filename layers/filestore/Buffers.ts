/** Buffers for pieces that are used again: a new one each time costs as much as reading the piece, and much memory. */
import { pieceBytes } from "../../src/domain/Manifest.ts"

/** So many are kept. */
const most = 64

/** Whether bytes are in a buffer of their own that has room for a piece. */
export const isPieceBuffer = ({ buffer, byteOffset }: Uint8Array): boolean =>
  byteOffset === 0 && buffer instanceof ArrayBuffer && buffer.byteLength === pieceBytes

export class Buffers {
  readonly #free: Array<Uint8Array> = []

  take(): Uint8Array {
    return this.#free.pop() ?? new Uint8Array(pieceBytes)
  }

  give(bytes: Uint8Array): void {
    if (this.#free.length < most && isPieceBuffer(bytes)) this.#free.push(new Uint8Array(bytes.buffer))
  }
}

/**
 * The small file beside a part: a line of JSON, the manifest, and a bit for each piece that is there. A bit is set when
 * its piece was written. Whoever reads it must not trust it: after a power cut a bit may be there without its piece.
 */
import { piecesOf } from "../../src/domain/Manifest.ts"
import type { Offer } from "../../src/domain/Offer.ts"
import { PieceSet } from "../../src/domain/PieceSet.ts"
import type { Disk, OpenFile } from "./Disk.ts"
import { digestOf } from "./Sha256.ts"

const headOf = ({ digest, manifest }: Offer): Buffer =>
  Buffer.from(`${JSON.stringify({ outlive: "part", version: 1, digest, manifest })}\n`)

/** All bytes from there on, or fewer if the file ends before. */
const readAt = (file: OpenFile, at: number, bytes: number): Uint8Array => {
  const into = new Uint8Array(bytes)
  let done = 0
  for (;;) {
    const read = done < bytes ? file.read(into.subarray(done), at + done) : 0
    if (read === 0) return into.subarray(0, done)
    done += read
  }
}

/** The state of one part, open. */
export class PartState {
  readonly #file: OpenFile
  readonly #bitsAt: number
  readonly #bytes: Uint8Array

  private constructor(file: OpenFile, bitsAt: number, claimed: PieceSet) {
    this.#file = file
    this.#bitsAt = bitsAt
    this.#bytes = claimed.bytes()
  }

  /** The manifest in a state; undefined if it is not that of the offer. */
  static manifestIn(file: OpenFile, offer: Offer): Uint8Array | undefined {
    const head = headOf(offer)
    if (Buffer.compare(readAt(file, 0, head.length), head) !== 0) return undefined
    const manifest = readAt(file, head.length, offer.manifest)
    return digestOf(manifest) === offer.digest ? manifest : undefined
  }

  /** Writes the state of a part of which nothing is there. */
  static create(disk: Disk, path: string, offer: Offer, manifest: Uint8Array): PartState {
    const file = disk.create(path)
    const head = headOf(offer)
    const none = PieceSet.none(piecesOf(offer.size))
    file.write(head, 0)
    file.write(manifest, head.length)
    file.write(none.bytes(), head.length + manifest.length)
    return new PartState(file, head.length + manifest.length, none)
  }

  /** The state in a file that is that of the offer, and the pieces that are said to be there. */
  static of(file: OpenFile, offer: Offer): readonly [PartState, PieceSet] {
    const at = headOf(offer).length + offer.manifest
    const of = piecesOf(offer.size)
    const bits = new Uint8Array(Math.ceil(of / 8))
    bits.set(readAt(file, at, bits.length))
    const claimed = PieceSet.fromBytes(of, bits) ?? PieceSet.none(of)
    return [new PartState(file, at, claimed), claimed]
  }

  /** Says of a piece that it is there, or that it is not. */
  claim(piece: number, isThere: boolean): void {
    const at = piece >> 3
    const bit = 0x80 >> (piece & 7)
    const byte = this.#bytes[at] ?? 0
    this.#bytes[at] = isThere ? byte | bit : byte & ~bit
    this.#file.write(this.#bytes.subarray(at, at + 1), this.#bitsAt + at)
  }

  close(): void {
    this.#file.close()
  }
}

/** Makes an offer of files: each is read once, from its beginning to its end. */
import * as Crypto from "node:crypto"
import { digestBytes, type OfferedFile, pieceBytes, piecesOf } from "../../src/domain/Manifest.ts"
import type { Offer } from "../../src/domain/Offer.ts"
import { encode } from "../../src/protocol/Manifest.ts"
import type { Disk } from "./Disk.ts"
import { Failed, reading } from "./Failure.ts"
import { digestOf } from "./Sha256.ts"
import { placeOf, type Survey, type SurveyedFile, survey } from "./Survey.ts"

/** How far it is, in bytes; `of` is 0 until it is known. */
export interface Progressed {
  readonly done: number
  readonly of: number
}

export interface Made {
  readonly survey: Survey
  readonly offer: Offer
  readonly manifest: Uint8Array
  readonly digests: Uint8Array
}

/** So much is read before others have their turn: bytes, and files. */
const bytesAtOnce = 8 * pieceBytes
const filesAtOnce = 128

/** The digests of the pieces of a content that comes in parts of any size. */
class Pieces {
  readonly digests: Uint8Array
  #hash = Crypto.createHash("sha256")
  #inPiece = 0
  #at = 0

  constructor(bytes: number) {
    this.digests = new Uint8Array(piecesOf(bytes) * digestBytes)
  }

  /** How many bytes of the piece are missing. */
  get room(): number {
    return pieceBytes - this.#inPiece
  }

  take(bytes: Uint8Array): void {
    this.#hash.update(bytes)
    this.#inPiece += bytes.length
    if (this.#inPiece === pieceBytes) this.end()
  }

  /** Ends a piece, if it has begun. */
  end(): void {
    if (this.#inPiece === 0) return
    this.digests.set(this.#hash.digest(), this.#at)
    this.#at += digestBytes
    this.#hash = Crypto.createHash("sha256")
    this.#inPiece = 0
  }
}

/** Reads a file into the pieces. It must be the one that was found, or have grown since. */
function* digest(disk: Disk, found: SurveyedFile, pieces: Pieces, buffer: Uint8Array): Generator<number> {
  const { size, stamp } = found
  const at = placeOf(found)
  const file = reading(at, () => disk.open(at, "read"))
  try {
    for (let done = 0; done < size; ) {
      const part = buffer.subarray(0, Math.min(pieces.room, size - done))
      const read = reading(at, () => file.read(part, done))
      if (read === 0) throw new Failed("FileChanged", at)
      pieces.take(part.subarray(0, read))
      done += read
      yield read
    }
    const now = reading(at, () => file.mark())
    if (now.stamp !== stamp && now.size <= size) throw new Failed("FileChanged", at)
  } finally {
    file.close()
  }
}

const offered = (found: Survey, manifest: Uint8Array): Offer => ({
  name: found.name,
  size: found.bytes,
  type: found.type,
  ...(found.isFile ? {} : { files: found.files.length }),
  digest: digestOf(manifest),
  manifest: manifest.length
})

/** Looks for what is at these paths, and makes an offer of it. After each step others may have their turn. */
export function* making(disk: Disk, paths: ReadonlyArray<string>): Generator<Progressed, Made> {
  const looking = survey(disk, paths)
  let looked = looking.next()
  for (; looked.done !== true; looked = looking.next()) yield { done: 0, of: 0 }
  const found = looked.value
  const pieces = new Pieces(found.bytes)
  const buffer = new Uint8Array(pieceBytes)
  let [done, bytes, files] = [0, 0, 0]
  for (const file of found.files) {
    for (const read of digest(disk, file, pieces, buffer)) {
      done += read
      bytes += read
      if (bytes < bytesAtOnce) continue
      bytes = 0
      yield { done, of: found.bytes }
    }
    files += 1
    if (files % filesAtOnce === 0) yield { done, of: found.bytes }
  }
  pieces.end()
  const { digests } = pieces
  const manifest = encode({
    files: found.files.map(({ size }, file): OfferedFile => ({ path: found.paths[file] ?? "", size })),
    digests
  })
  return { survey: found, offer: offered(found, manifest), manifest, digests }
}

/**
 * An offer whose files are in a folder already, with their names: fetched before, perhaps by a process that died before it
 * could say so. Nothing there is changed; each piece must be right.
 */
import * as Path from "node:path"
import { distinctPaths, nthName } from "../../src/domain/FileNames.ts"
import { digestOfPiece, type Manifest, pieceBytes, piecesOf } from "../../src/domain/Manifest.ts"
import type { Offer } from "../../src/domain/Offer.ts"
import type { Disk, Mark } from "./Disk.ts"
import { Failed, writing } from "./Failure.ts"
import { markOf, Part, placesIn } from "./Part.ts"
import type { PartNames } from "./PartNames.ts"
import { Served } from "./Served.ts"
import { sha256 } from "./Sha256.ts"

/** So many pieces are checked before others have their turn. */
const checkedAtOnce = 8

/** So many names are looked at. */
export const mostNames = 20

/** The files of an offer, if each is there with its size, and is the user's own. */
const filesAt = (
  disk: Disk,
  path: string,
  { files: count }: Offer,
  { digests, files }: Manifest
): Served | undefined => {
  const paths = count === undefined ? [""] : distinctPaths(files.map((file) => file.path))
  const at = placesIn(path, paths)
  const marks: Array<Mark> = []
  for (const [index, { size }] of files.entries()) {
    const found = disk.look(at(index))
    if (found?.kind !== "file" || !found.isOwn || found.size !== size) return undefined
    marks.push(markOf(found))
  }
  return new Served(disk, marks, at, digests)
}

export class Whole {
  readonly path: string
  readonly served: Served
  readonly #digests: Uint8Array
  readonly #pieces: number
  #checked = 0

  private constructor(path: string, served: Served, { digests }: Manifest, pieces: number) {
    this.path = path
    this.served = served
    this.#digests = digests
    this.#pieces = pieces
  }

  /**
   * What stands under the n-th name of the offer, and looks like it; undefined if nothing there does. `manifestHere`: its
   * manifest, which is decoded only if something stands there.
   */
  static at(disk: Disk, folder: string, offer: Offer, n: number, manifestHere: () => Manifest): Whole | undefined {
    return writing(folder, () => {
      const path = Path.join(folder, nthName(offer.name, n))
      const kind = disk.look(path)?.kind
      if (kind !== (offer.files === undefined ? "file" : "folder")) return undefined
      const manifest = manifestHere()
      const served = filesAt(disk, path, offer, manifest)
      return served && new Whole(path, served, manifest, piecesOf(offer.size))
    })
  }

  /** Checks some more pieces. Returns whether they are right, and how many are left. */
  check(): { readonly isRight: boolean; readonly left: number } {
    const buffer = new Uint8Array(pieceBytes)
    const end = Math.min(this.#pieces, this.#checked + checkedAtOnce)
    for (; this.#checked < end; this.#checked += 1) {
      if (!this.#isRight(this.#checked, buffer)) return { isRight: false, left: 0 }
    }
    return { isRight: true, left: this.#pieces - this.#checked }
  }

  close(): void {
    this.served.close()
  }

  #isRight(piece: number, buffer: Uint8Array): boolean {
    try {
      const bytes = this.served.read(piece, buffer)
      return sha256(bytes).equals(digestOfPiece({ digests: this.#digests }, piece))
    } catch (error) {
      if (error instanceof Failed) return false
      throw error
    }
  }
}

/** Removes what a process has left of the part of an offer that is there as a whole. */
export const removeLeftOf = (disk: Disk, folder: string, names: PartNames, offer: Offer): void =>
  writing(folder, () => {
    const [part, state] = [Path.join(folder, names.part), Path.join(folder, names.state)]
    if (disk.look(state)?.names !== 1 || Part.kept(disk, folder, names, offer) === undefined) return
    const left = disk.look(part)
    if (left?.isOwn === true && left.kind === "file" && offer.files === undefined) disk.remove(part)
    if (left?.isOwn === true && left.kind === "folder" && offer.files !== undefined) disk.removeFolder(part)
    disk.remove(state)
  })

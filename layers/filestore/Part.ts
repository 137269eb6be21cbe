/** An offer that is being fetched, on disk: its files under a name of their own, and the state beside them. */
import * as Path from "node:path"
import * as Either from "effect/Either"
import { distinctPaths, nthName } from "../../src/domain/FileNames.ts"
import { contentBytes, digestOfPiece, Layout, type Manifest, pieceBytes } from "../../src/domain/Manifest.ts"
import type { Offer } from "../../src/domain/Offer.ts"
import { PieceSet } from "../../src/domain/PieceSet.ts"
import { codeOf } from "../../src/domain/Trouble.ts"
import { decode } from "../../src/protocol/Manifest.ts"
import type { Disk, Mark, OpenFile } from "./Disk.ts"
import { Failed, writing, writingSoon } from "./Failure.ts"
import { OpenFiles } from "./OpenFiles.ts"
import type { PartNames } from "./PartNames.ts"
import { PartState } from "./PartState.ts"
import { Served } from "./Served.ts"
import { digestOf, sha256 } from "./Sha256.ts"

/** What was fetched, with its names. */
export interface Finished {
  readonly path: string
  readonly served: Served
}

/** So many pieces are checked before others have their turn. */
const checkedAtOnce = 8

/** So many names are tried for a file before it is given up. */
const mostNames = 10_000

/** Of so many files, each is on disk before the offer counts as fetched. Of more, the system writes them in its own time. */
const mostSynced = 64

/** So many bytes are written before they are put on disk while more come: not all is left for the end. */
const syncedAtOnce = 64 * 1024 * 1024

/** Of what is found of a file, that by which a change of it shows. */
export const markOf = ({ isFresh, size, stamp }: Mark): Mark => ({ isFresh, size, stamp })

/** Where the files of an offer are that has this name; a single file has no path below it. */
export const placesIn =
  (name: string, paths: ReadonlyArray<string>) =>
  (file: number): string =>
    Path.join(name, paths[file] ?? "")

/** The manifest of an offer, decoded. It must be that one, and be what the offer says. */
export const manifestOf = (offer: Offer, bytes: Uint8Array): Manifest => {
  const wrong = (detail: string): Failed => new Failed("ManifestMalformed", offer.name, detail)
  if (bytes.length !== offer.manifest || digestOf(bytes) !== offer.digest) throw wrong("it is not that of the offer")
  const decoded = decode(bytes)
  if (Either.isLeft(decoded)) throw wrong(decoded.left)
  const { files } = decoded.right
  if (contentBytes(files) !== offer.size || files.length !== (offer.files ?? 1))
    throw wrong("the offer says something else")
  return decoded.right
}

export class Part {
  readonly #disk: Disk
  readonly #folder: string
  readonly #offer: Offer
  /** The digests of the pieces. Of the rest of the manifest only the layout and the paths are kept: files may be many. */
  readonly #digests: Uint8Array
  readonly #layout: Layout
  readonly #state: PartState
  readonly #names: PartNames
  /** The paths of the files, below the folder of the part. */
  readonly #paths: ReadonlyArray<string>
  readonly #open: OpenFiles
  /** The files and folders that this part has created, or found. */
  readonly #created = new Set<number>()
  readonly #made = new Set<string>()
  /** What the state says is there, but is not checked yet. */
  readonly #claimed: ReadonlyArray<number>
  #checked = 0
  /** What was written since files were last put on disk, in bytes, and how that went so far. */
  #unsynced = 0
  #early: Promise<void> = Promise.resolve()
  /** What the files are when they are whole. */
  readonly #marks: Array<Mark> = []
  /** Where the files are once they have their names. */
  #final: string | undefined
  #isClosed = false

  private constructor(
    disk: Disk,
    folder: string,
    offer: Offer,
    names: PartNames,
    manifest: Manifest,
    state: PartState,
    claimed: PieceSet
  ) {
    this.#disk = disk
    this.#folder = folder
    this.#offer = offer
    this.#names = names
    this.#digests = manifest.digests
    this.#layout = new Layout(manifest.files)
    this.#state = state
    this.#paths = offer.files === undefined ? [] : distinctPaths(manifest.files.map(({ path }) => path))
    this.#open = new OpenFiles((file) => this.#openFile(file))
    this.#claimed = [...claimed]
  }

  /** Opens the part under these names, or creates it. False if there is something else with one of the names. */
  static at(disk: Disk, folder: string, names: PartNames, offer: Offer, bytes: Uint8Array): Part | false {
    const manifest = manifestOf(offer, bytes)
    return writing(folder, () => {
      const part = Path.join(folder, names.part)
      const state = openState(disk, folder, names, offer)
      if (state === false) return false
      const [kept, claimed] = state ?? [
        PartState.create(disk, Path.join(folder, names.state), offer, bytes),
        PieceSet.none(0)
      ]
      const isThere = disk.look(part) !== undefined
      if (!isThere) {
        if (offer.files === undefined) disk.create(part).close()
        else disk.makeFolder(part, true)
      }
      const made = new Part(disk, folder, offer, names, manifest, kept, isThere ? claimed : PieceSet.none(0))
      for (const piece of isThere ? [] : claimed) kept.claim(piece, false)
      return made
    })
  }

  /** The manifest that is kept under these names; undefined if there is none of that offer. */
  static kept(disk: Disk, folder: string, names: PartNames, offer: Offer): Uint8Array | undefined {
    const path = Path.join(folder, names.state)
    const found = disk.look(path)
    if (found?.kind !== "file" || !found.isOwn) return undefined
    const file = disk.open(path, "read")
    try {
      return PartState.manifestIn(file, offer)
    } finally {
      file.close()
    }
  }

  /** Checks some of what the state says is there. Returns which of it is right, and how many are left to check. */
  check(): { readonly right: ReadonlyArray<number>; readonly left: number } {
    return this.#writing(() => {
      const right: Array<number> = []
      const buffer = new Uint8Array(pieceBytes)
      for (const piece of this.#claimed.slice(this.#checked, this.#checked + checkedAtOnce)) {
        const bytes = this.#bytesOf(piece, buffer)
        if (bytes !== undefined && this.#isRight(piece, bytes)) right.push(piece)
        else this.#state.claim(piece, false)
        this.#checked += 1
      }
      return { right, left: this.#claimed.length - this.#checked }
    })
  }

  /** Fails if there is no room for so many bytes. */
  mustHaveRoom(missing: number): void {
    const room = this.#writing(() => this.#disk.room(this.#folder))
    if (room !== undefined && room < missing) {
      throw new Failed("DiskFull", this.#path, `${megabytes(missing)} are missing, and ${megabytes(room)} are free`)
    }
  }

  /** Writes a piece, and says in the state that it is there. False if it is wrong: then nothing is written. */
  write(piece: number, bytes: Uint8Array): boolean {
    if (!this.#isRight(piece, bytes)) return false
    return this.#writing(() => {
      for (const { at, bytes: length, file, inPiece } of this.#layout.spansOf(piece)) {
        const open = this.#open.get(file)
        open.write(bytes.subarray(inPiece, inPiece + length), at)
        this.#wrote(open, length)
      }
      this.#state.claim(piece, true)
      return true
    })
  }

  /** The bytes of a piece that is there, in a buffer that has room for any piece. */
  read(piece: number, into: Uint8Array): Uint8Array {
    return this.#writing(() => {
      const bytes = this.#bytesOf(piece, into)
      if (bytes === undefined)
        throw new Failed("FolderUnusable", this.#path, "it was changed meanwhile", "get it again")
      return bytes
    })
  }

  /** Gives the files their names, when all pieces are there. */
  async finish(): Promise<Finished> {
    for (const each of this.#syncing()) {
      await writingSoon(this.#path, each)
      // Whoever has closed it meanwhile waits for no names, and may have opened it again.
      if (this.#isClosed) throw new Failed("FolderUnusable", this.#path, "it is closed")
    }
    return this.#named()
  }

  /** The same without waiting for a disk that has nothing to be waited for. */
  finishNow(): Finished {
    for (const each of this.#syncing()) this.#writing(each)
    return this.#named()
  }

  close(): void {
    this.#isClosed = true
    this.#closeFiles()
  }

  #closeFiles(): void {
    this.#open.close()
    this.#state.close()
  }

  /** Removes the files and the state. */
  discard(): void {
    this.close()
    if (this.#final !== undefined) return
    this.#writing(() => {
      if (this.#offer.files === undefined) this.#disk.remove(this.#path)
      else this.#disk.removeFolder(this.#path)
      this.#disk.remove(Path.join(this.#folder, this.#names.state))
    })
  }

  get #path(): string {
    return this.#final ?? Path.join(this.#folder, this.#names.part)
  }

  #pathOf(file: number): string {
    return placesIn(this.#path, this.#paths)(file)
  }

  #writing<A>(run: () => A): A {
    return writing(this.#path, run)
  }

  #isRight(piece: number, bytes: Uint8Array): boolean {
    return (
      bytes.length > 0 &&
      bytes.length === this.#layout.bytesOf(piece) &&
      sha256(bytes).equals(digestOfPiece({ digests: this.#digests }, piece))
    )
  }

  /** What stands where a piece belongs; undefined if that is less than a piece. */
  #bytesOf(piece: number, into: Uint8Array): Uint8Array | undefined {
    const bytes = into.subarray(0, this.#layout.bytesOf(piece))
    for (const { at, bytes: length, file, inPiece } of this.#layout.spansOf(piece)) {
      if (!this.#created.has(file) && this.#disk.look(this.#pathOf(file)) === undefined) return undefined
      if (this.#open.get(file).read(bytes.subarray(inPiece, inPiece + length), at) < length) return undefined
    }
    return bytes
  }

  /** Creates a file of the part, and the folders that it is in; or opens it, if it is there. */
  #openFile(file: number): OpenFile {
    const path = this.#pathOf(file)
    if (this.#offer.files === undefined || this.#created.has(file)) return this.#disk.open(path, "change")
    this.#created.add(file)
    this.#folderFor(Path.dirname(path))
    try {
      return this.#disk.create(path)
    } catch (error) {
      if (codeOf(error) !== "EEXIST") throw error
      return this.#disk.open(path, "change")
    }
  }

  #folderFor(folder: string): void {
    if (folder === this.#path || this.#made.has(folder)) return
    this.#folderFor(Path.dirname(folder))
    try {
      this.#disk.makeFolder(folder, false)
    } catch (error) {
      if (codeOf(error) !== "EEXIST" || this.#disk.look(folder)?.kind !== "folder") throw error
    }
    this.#made.add(folder)
  }

  /** Puts files on disk while more comes. What goes wrong is told at the end. */
  #wrote(file: OpenFile, bytes: number): void {
    this.#unsynced += bytes
    if (this.#unsynced < syncedAtOnce || this.#layout.files > mostSynced) return
    this.#unsynced = 0
    const before = this.#early
    const syncing = (async () => file.sync())()
    this.#early = Promise.all([before, syncing]).then(() => {})
    this.#early.catch(() => {})
  }

  /** What must be done before the files get their names. */
  *#syncing(): Generator<() => void | Promise<void>> {
    const { files } = this.#layout
    yield () => this.#early
    for (let index = 0; index < files; index += 1) {
      this.#marks[index] = this.#cut(index, this.#layout.sizeOf(index))
      if (files <= mostSynced) yield () => this.#open.get(index).sync()
    }
    yield () => this.#closeFiles()
  }

  /** Creates a file that is empty, and cuts off what stands behind one. What it is then. */
  #cut(index: number, size: number): Mark {
    return this.#writing(() => {
      const found = this.#disk.look(this.#pathOf(index))
      if (found?.size === size) return markOf(found)
      const file = this.#open.get(index)
      if (found !== undefined && found.size > size) file.truncate(size)
      const mark = file.mark()
      if (mark.size === size) return mark
      throw new Failed("FolderUnusable", this.#path, "it was changed meanwhile", "get it again")
    })
  }

  #named(): Finished {
    return this.#writing(() => {
      const path = this.#give()
      // Who has not heard of the names yet reads on.
      this.#final = path
      this.#disk.remove(Path.join(this.#folder, this.#names.state))
      // A file's own name is among what its mark tells.
      const own = this.#offer.files === undefined ? this.#disk.look(path) : undefined
      const marks = own === undefined ? this.#marks : [own]
      return { path, served: new Served(this.#disk, marks, placesIn(path, this.#paths), this.#digests) }
    })
  }

  /** Gives the part the first name that is free. */
  #give(): string {
    for (let n = 1; n <= mostNames; n += 1) {
      const path = Path.join(this.#folder, nthName(this.#offer.name, n))
      try {
        if (this.#offer.files === undefined) this.#disk.name(this.#path, path)
        else this.#disk.nameFolder(this.#path, path)
        return path
      } catch (error) {
        if (codeOf(error) !== "EEXIST") throw error
      }
    }
    throw new Failed("FolderUnusable", this.#folder, `it has too many files that are called ${this.#offer.name}`)
  }
}

const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1e6).toLocaleString("en")} MB`

/**
 * The state under these names, and what it claims; undefined if there is none. False if what is there is not the state
 * and the part of this offer that this user made. A part with two names was given its own by a process that died before
 * it could remove this one.
 */
const openState = (
  disk: Disk,
  folder: string,
  names: PartNames,
  offer: Offer
): readonly [PartState, PieceSet] | undefined | false => {
  const [partPath, statePath] = [Path.join(folder, names.part), Path.join(folder, names.state)]
  const part = disk.look(partPath)
  const state = disk.look(statePath)
  if (state === undefined) return part === undefined ? undefined : false
  if (state.kind !== "file" || !state.isOwn || state.names !== 1) return false
  if (part !== undefined && (part.kind !== (offer.files === undefined ? "file" : "folder") || !part.isOwn)) return false
  const file = disk.open(statePath, "change")
  if (PartState.manifestIn(file, offer) === undefined) {
    file.close()
    if (part !== undefined) return false
    // Whoever began to write it did not come to the part.
    disk.remove(statePath)
    return undefined
  }
  if (part?.kind === "file" && part.names > 1) disk.remove(partPath)
  return PartState.of(file, offer)
}

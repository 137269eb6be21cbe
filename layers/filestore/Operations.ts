/**
 * What a file store does with its disk, as calls of plain data: they can be made from another thread. No call takes long
 * but for a slow disk; what takes long is cut into steps.
 */
import * as Path from "node:path"
import type { Manifest } from "../../src/domain/Manifest.ts"
import type { Digest, Offer } from "../../src/domain/Offer.ts"
import type { Disk } from "./Disk.ts"
import { Failed, type Failure, writing } from "./Failure.ts"
import { type Made, making, type Progressed } from "./Making.ts"
import { type Finished, manifestOf, Part } from "./Part.ts"
import { partNames } from "./PartNames.ts"
import { Served } from "./Served.ts"
import { digestOf } from "./Sha256.ts"
import { placeOf, type SurveyedFile } from "./Survey.ts"
import { mostNames, removeLeftOf, Whole } from "./Whole.ts"

/** What is open, by a number. */
export type Handle = number

/** Files that can be served. */
export interface SharedHere {
  readonly handle: Handle
  readonly offer: Offer
  readonly manifest: Uint8Array
  readonly path: string
  readonly skipped: ReadonlyArray<string>
}

interface Closable {
  readonly close: () => void
}

/** So many pairs of names are tried for a part. */
const mostParts = 20

const makeHandles = (first: Handle) => {
  const open = new Map<Handle, Closable>()
  let last = first - 1
  return {
    add: (what: Closable): Handle => {
      last += 1
      open.set(last, what)
      return last
    },
    /** What has that handle. It is closed if its scope has ended, or the thread in which it was. */
    get: <A extends Closable>(handle: Handle, tag: Failure["tag"]): A => {
      const found = open.get(handle)
      if (found === undefined) throw new Failed(tag, "It", "it is closed")
      return found as A
    },
    close: (handle: Handle): void => {
      open.get(handle)?.close()
      open.delete(handle)
    }
  }
}

/** Apart, so that it keeps nothing else of a survey. */
const placesOf =
  (files: ReadonlyArray<SurveyedFile>) =>
  (file: number): string =>
    placeOf(files[file] ?? { folder: "", name: "" })

class Maker implements Closable {
  readonly #steps: Generator<Progressed, Made>

  constructor(steps: Generator<Progressed, Made>) {
    this.#steps = steps
  }

  next(): IteratorResult<Progressed, Made> {
    return this.#steps.next()
  }

  close(): void {
    // Closes the file that is being read.
    this.#steps.return(undefined as never)
  }
}

/** The operations over a disk. */
export const operationsOn = (disk: Disk, firstHandle: Handle = 1) => {
  const handles = makeHandles(firstHandle)

  const partOf = (handle: Handle): Part => handles.get<Part>(handle, "FolderUnusable")

  const partIn = (folder: string, offer: Offer, manifest: Uint8Array): Part => {
    for (let n = 1; n <= mostParts; n += 1) {
      const part = Part.at(disk, folder, partNames(offer, n), offer, manifest)
      if (part !== false) return part
    }
    throw new Failed("FolderUnusable", folder, `it has too many parts of ${offer.name}`)
  }

  const finished = ({ path, served }: Finished) => ({ handle: handles.add(served), path })

  return {
    digest: (bytes: Uint8Array): Digest => digestOf(bytes),

    /** Begins to make an offer. Relative paths are those of this process. */
    make: (paths: ReadonlyArray<string>): Handle => handles.add(new Maker(making(disk, paths))),

    /** Goes on with it: says how far it is, or what was made. Then the maker is closed. */
    makeNext: (handle: Handle): Progressed | SharedHere => {
      const step = handles.get<Maker>(handle, "FileUnreadable").next()
      if (step.done !== true) return step.value
      handles.close(handle)
      const { digests, manifest, offer, survey } = step.value
      const served = handles.add(new Served(disk, survey.files, placesOf(survey.files), digests))
      return { handle: served, offer, manifest, path: survey.path, skipped: survey.skipped }
    },

    /** Reads a piece into memory that both threads see. Returns its length. */
    readShared: (handle: Handle, piece: number, into: Uint8Array): number =>
      handles.get<Served>(handle, "FileUnreadable").read(piece, into).length,

    /** Makes the folder if there is none, and says where it is. */
    folder: (folder: string): string =>
      writing(folder, () => {
        const path = Path.resolve(folder)
        disk.makeFolders(path)
        return disk.real(path)
      }),

    kept: (folder: string, offer: Offer): Uint8Array | undefined => {
      for (let n = 1; n <= mostParts; n += 1) {
        try {
          const manifest = Part.kept(disk, disk.real(Path.resolve(folder)), partNames(offer, n), offer)
          if (manifest !== undefined) return manifest
        } catch {
          // A state that can't be read is of no use.
        }
      }
      return undefined
    },

    /**
     * What is in the folder and looks like the offer, under the first of its names that does, from the n-th on; undefined
     * if nothing does.
     */
    whole: (folder: string, offer: Offer, manifest: Uint8Array, from: number) => {
      let decoded: Manifest | undefined
      const manifestHere = (): Manifest => {
        decoded ??= manifestOf(offer, manifest)
        return decoded
      }
      for (let n = from; n <= mostNames; n += 1) {
        const whole = Whole.at(disk, folder, offer, n, manifestHere)
        if (whole !== undefined) return { handle: handles.add(whole), n }
      }
      return undefined
    },

    /** Checks some of its pieces. */
    checkWhole: (handle: Handle) => handles.get<Whole>(handle, "FolderUnusable").check(),

    /** Takes it as it is, when all of it is right: what is left of a part of it is removed. */
    take: (handle: Handle, folder: string, offer: Offer) => {
      const { path, served } = handles.get<Whole>(handle, "FolderUnusable")
      for (let n = 1; n <= mostParts; n += 1) removeLeftOf(disk, folder, partNames(offer, n), offer)
      return finished({ path, served })
    },

    open: (folder: string, offer: Offer, manifest: Uint8Array): Handle => handles.add(partIn(folder, offer, manifest)),

    check: (handle: Handle) => partOf(handle).check(),

    mustHaveRoom: (handle: Handle, missing: number): void => partOf(handle).mustHaveRoom(missing),

    /** Writes a piece, if it is right. */
    write: (handle: Handle, piece: number, bytes: Uint8Array): boolean => partOf(handle).write(piece, bytes),

    /** Reads a piece into memory that both threads see. Returns its length. */
    read: (handle: Handle, piece: number, into: Uint8Array): number => partOf(handle).read(piece, into).length,

    /** Gives the files of a part their names. The part is of no use any more. */
    finish: async (handle: Handle) => finished(await partOf(handle).finish()),

    /** The same at once, on a disk that nobody waits for. */
    finishNow: (handle: Handle) => finished(partOf(handle).finishNow()),

    discard: (handle: Handle): void => partOf(handle).discard(),

    close: (handle: Handle): void => handles.close(handle)
  }
}

export type Operations = ReturnType<typeof operationsOn>

export type OperationName = keyof Operations

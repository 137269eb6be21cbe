/** Offered files on disk: read where they are offered, and put together where they are fetched. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type {
  DiskFull,
  FileChanged,
  FileUnreadable,
  FolderUnusable,
  ManifestMalformed,
  TooMuch
} from "../src/domain/Errors.ts"
import type { Digest, Offer } from "../src/domain/Offer.ts"
import type { PieceSet } from "../src/domain/PieceSet.ts"

/** Is told how far something is, in bytes. A plain function that returns at once. */
export type Progress = (done: number, of: number) => void

/** Files that are on disk as a whole, and can be served. Valid until its scope closes. */
export interface Shared {
  readonly offer: Offer
  /** The bytes of the manifest. */
  readonly manifest: Uint8Array
  /** The file, or the folder of the files, as an absolute path; of several, the first. */
  readonly path: string
  /** What is not offered of the folders, and why, in words: symbolic links, devices. Of many, the first and a number. */
  readonly skipped: ReadonlyArray<string>
  /**
   * The bytes of a piece. A file that has changed fails with `FileChanged`, unless this piece of it still has its digest:
   * a log that grows can be served. Give the bytes back when they are sent.
   */
  readonly read: (piece: number) => Effect.Effect<Uint8Array, FileUnreadable | FileChanged>
}

/** Files that are being fetched. Valid until its scope closes; what is there stays for a later time. */
export interface Target {
  readonly offer: Offer
  readonly manifest: Uint8Array
  /** The pieces that are on disk. It grows with each `write`, and is changed by nobody else. */
  readonly has: PieceSet
  /**
   * Writes a piece, if it is right; false if its digest or its length is wrong, and then nothing is written. When this
   * returns true, the piece is not needed again, even if the process is killed. The bytes belong to the store from then
   * on, and are given back: the caller must not read or change them.
   */
  readonly write: (piece: number, bytes: Uint8Array) => Effect.Effect<boolean, DiskFull | FolderUnusable>
  /** The bytes of a piece that is there, for others. Give them back when they are sent. */
  readonly read: (piece: number) => Effect.Effect<Uint8Array, FolderUnusable>
  /**
   * When all pieces are there: gives the files their names, and never the name of something that is there. What is there
   * then can be served until the scope of the target closes.
   */
  readonly finish: Effect.Effect<Shared, DiskFull | FolderUnusable>
  /** Removes what was fetched so far. Of no use after `finish`. */
  readonly discard: Effect.Effect<void>
}

/** The disk, as far as offered files are concerned. No operation keeps the event loop from its work. */
export class FileStore extends Context.Tag("outlive/FileStore")<
  FileStore,
  {
    /**
     * Makes an offer of files and folders: looks through them and reads each once. Symbolic links in folders are not
     * followed. Fails with `FileChanged` if one changes meanwhile, unless it only grows.
     */
    readonly offer: (
      paths: ReadonlyArray<string>,
      progress?: Progress
    ) => Effect.Effect<Shared, FileUnreadable | FileChanged | TooMuch, Scope.Scope>
    /** A buffer with room for any piece: one that was given back, or a new one. A plain call. */
    readonly buffer: () => Uint8Array
    /** Gives back bytes that nobody reads any more. Without this, memory grows before it is collected. A plain call. */
    readonly giveBack: (bytes: Uint8Array) => void
    /** The SHA-256 of bytes. */
    readonly digest: (bytes: Uint8Array) => Effect.Effect<Digest>
    /** The manifest of an offer that was begun to be fetched into a folder; undefined if there is none that is right. */
    readonly kept: (folder: string, offer: Offer) => Effect.Effect<Uint8Array | undefined>
    /**
     * The place in a folder where an offer is put together. The folder is made if there is none. What is there from an
     * earlier time is checked piece by piece: of a part, `progress` is told how far. If all of it is there under its name, it
     * is taken as it is, and not fetched a second time. Fails with `ManifestMalformed` if the bytes are
     * not the manifest of the offer, or do not fit what the offer says.
     */
    readonly target: (
      folder: string,
      offer: Offer,
      manifest: Uint8Array,
      progress?: Progress
    ) => Effect.Effect<Target, ManifestMalformed | DiskFull | FolderUnusable, Scope.Scope>
  }
>() {}

/** Failures as the errors of the chat. Apart from `Failure`, so that the thread of a file store does without them. */
import {
  DiskFull,
  FileChanged,
  FileUnreadable,
  FolderUnusable,
  ManifestMalformed,
  TooMuch
} from "../../src/domain/Errors.ts"
import type { Failure } from "./Failure.ts"

export type FileError = FileUnreadable | FileChanged | TooMuch | FolderUnusable | DiskFull | ManifestMalformed

const errors: Readonly<Record<Failure["tag"], (failure: Failure) => FileError>> = {
  FileUnreadable: (failure) => new FileUnreadable(failure),
  FileChanged: (failure) => new FileChanged(failure),
  TooMuch: (failure) => new TooMuch(failure),
  FolderUnusable: (failure) => new FolderUnusable(failure),
  DiskFull: (failure) => new DiskFull(failure),
  ManifestMalformed: (failure) => new ManifestMalformed(failure)
}

export const errorOf = (failure: Failure): FileError => errors[failure.tag](failure)

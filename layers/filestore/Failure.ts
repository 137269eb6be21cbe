/** What goes wrong in a file store, as plain data: it crosses the border between two threads. */
import { codeOf, troubleOf } from "../../src/domain/Trouble.ts"

export interface Failure {
  readonly tag: "FileUnreadable" | "FileChanged" | "TooMuch" | "FolderUnusable" | "DiskFull" | "ManifestMalformed"
  readonly path: string
  readonly detail: string
  readonly remedy?: string
}

/** Is thrown within a file store. */
export class Failed extends Error {
  readonly failure: Failure

  constructor(tag: Failure["tag"], path: string, detail = "", remedy?: string) {
    super(detail)
    this.failure = { tag, path, detail, ...(remedy === undefined ? {} : { remedy }) }
  }
}

const isFull = (error: unknown): boolean => ["ENOSPC", "EDQUOT"].includes(codeOf(error))

const readingTroubles: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "this user may not read it",
  EPERM: "this user may not read it",
  ELOOP: "it is a symbolic link",
  EISDIR: "it is a folder",
  ENXIO: "it is neither a file nor a folder"
}

const thrown = (error: unknown, failed: () => Failed): never => {
  throw error instanceof Failed ? error : failed()
}

/** Runs what reads an offered file. What the system does not do is thrown as `FileUnreadable`. */
export const reading = <A>(path: string, run: () => A): A => {
  try {
    return run()
  } catch (error) {
    return thrown(
      error,
      () => new Failed("FileUnreadable", path, readingTroubles[codeOf(error)] ?? troubleOf(error).detail)
    )
  }
}

const unusable = (path: string, error: unknown): Failed => {
  const { detail, remedy } = troubleOf(error)
  return new Failed(isFull(error) ? "DiskFull" : "FolderUnusable", path, detail, remedy)
}

/** Runs what puts fetched files on disk. What the system does not do is thrown as `DiskFull` or `FolderUnusable`. */
export const writing = <A>(path: string, run: () => A): A => {
  try {
    return run()
  } catch (error) {
    return thrown(error, () => unusable(path, error))
  }
}

/** The same for what takes its time. */
export const writingSoon = async <A>(path: string, run: () => A | Promise<A>): Promise<A> => {
  try {
    return await run()
  } catch (error) {
    return thrown(error, () => unusable(path, error))
  }
}

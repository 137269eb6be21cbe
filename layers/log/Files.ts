/** File operations for a log. A failure says in words what went wrong. */
import * as Fs from "node:fs/promises"
import * as Effect from "effect/Effect"
import { LogUnavailable } from "../../src/domain/Errors.ts"
import { troubleOf } from "../../src/domain/Trouble.ts"

export const unavailableAt =
  (path: string) =>
  (error: unknown): LogUnavailable =>
    error instanceof LogUnavailable ? error : new LogUnavailable({ path, ...troubleOf(error) })

/** Runs a file operation; its failure becomes a `LogUnavailable` with that path. */
export const attemptAt = <A>(path: string, run: () => Promise<A>): Effect.Effect<A, LogUnavailable> =>
  Effect.tryPromise({ try: run, catch: unavailableAt(path) })

/** Writes all bytes, from the offset `at` on. */
export const writeAll = async (file: Fs.FileHandle, bytes: Uint8Array, at: number): Promise<void> => {
  for (let done = 0; done < bytes.length; ) {
    done += (await file.write(bytes, done, bytes.length - done, at + done)).bytesWritten
  }
}

/** The size of the blocks in which a file is read, in bytes. */
const blockBytes = 65_536

/** Reads a file from its beginning to its end, one block after the other. */
export const readAll = async (file: Fs.FileHandle, take: (block: Uint8Array) => void): Promise<void> => {
  for (let at = 0; ; ) {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(blockBytes), 0, blockBytes, at)
    if (bytesRead === 0) return
    take(buffer.subarray(0, bytesRead))
    at += bytesRead
  }
}

/** Returns when the folder's entries are on disk: created, renamed and removed files. */
export const syncFolder = async (path: string): Promise<void> => {
  const folder = await Fs.open(path, "r")
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** The size from which collected lines are written, in bytes. */
const pieceBytes = 1_048_576

/**
 * Creates or replaces a file completely or not at all: temporary file, fsync, rename. Returns the file, still open, and
 * its length in bytes. The caller must sync the folder. `mode`: its permissions; by default only its user
 * may read and write it.
 */
export const replaceFile = async (path: string, lines: Iterable<Uint8Array>, mode?: number) => {
  const temporary = `${path}.new`
  const file = await Fs.open(temporary, "w", 0o600)
  try {
    if (mode !== undefined) await file.chmod(mode)
    let bytes = 0
    let piece: Array<Uint8Array> = []
    let waiting = 0
    const flush = async () => {
      await writeAll(file, Buffer.concat(piece), bytes)
      bytes += waiting
      piece = []
      waiting = 0
    }
    for (const line of lines) {
      piece.push(line)
      waiting += line.length
      if (waiting >= pieceBytes) await flush()
    }
    await flush()
    await file.sync()
    await Fs.rename(temporary, path)
    return { file, bytes }
  } catch (error) {
    await file.close()
    await Fs.rm(temporary, { force: true })
    throw error
  }
}

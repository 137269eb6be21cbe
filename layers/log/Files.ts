/** Files for a log: what fails says why, in words. */
import * as Fs from "node:fs/promises"
import * as Effect from "effect/Effect"
import { LogUnavailable } from "../../src/domain/Errors.ts"
import { troubleOf } from "../../src/domain/Trouble.ts"

export const unavailableAt =
  (path: string) =>
  (error: unknown): LogUnavailable =>
    error instanceof LogUnavailable ? error : new LogUnavailable({ path, ...troubleOf(error) })

/** Does that with files; a failure is one of that folder. */
export const attemptAt = <A>(path: string, run: () => Promise<A>): Effect.Effect<A, LogUnavailable> =>
  Effect.tryPromise({ try: run, catch: unavailableAt(path) })

/** Writes all, from there on. */
export const writeAll = async (file: Fs.FileHandle, bytes: Uint8Array, at: number): Promise<void> => {
  for (let done = 0; done < bytes.length; ) {
    done += (await file.write(bytes, done, bytes.length - done, at + done)).bytesWritten
  }
}

/** Returns when the names in a folder are on disk. */
export const syncFolder = async (path: string): Promise<void> => {
  const folder = await Fs.open(path, "r")
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** Pieces that are written as one, in bytes. */
const pieceBytes = 1_048_576

/**
 * Makes a file whole or not at all: temporary file, fsync, rename. Returns it, open for more, and its length in bytes and
 * in lines. The folder is still to be synced. `mode`: what its permissions are, if not its user's alone.
 */
export const replaceFile = async (path: string, lines: Iterable<Uint8Array>, mode?: number) => {
  const temporary = `${path}.new`
  const file = await Fs.open(temporary, "w", 0o600)
  try {
    if (mode !== undefined) await file.chmod(mode)
    let bytes = 0
    let count = 0
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
      count += 1
      if (waiting >= pieceBytes) await flush()
    }
    await flush()
    await file.sync()
    await Fs.rename(temporary, path)
    return { file, bytes, lines: count }
  } catch (error) {
    await file.close()
    await Fs.rm(temporary, { force: true })
    throw error
  }
}

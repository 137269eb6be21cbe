/** The files of a node's state. Only its user can read them, and each is complete at any time. */
import * as Crypto from "node:crypto"
import * as Fs from "node:fs/promises"
import * as Path from "node:path"
import * as Effect from "effect/Effect"
import { StateUnavailable } from "../../src/domain/Errors.ts"
import { troubleOf } from "../../src/domain/Trouble.ts"
import { syncFolder } from "../log/Files.ts"

/** Turns an error at that path into a StateUnavailable, with the given detail, or with what the error means. */
export const unavailable =
  (path: string, detail?: string) =>
  (error: unknown): StateUnavailable =>
    new StateUnavailable({ path, ...(detail === undefined ? troubleOf(error) : { detail }) })

/** Runs an operation on files. It fails with a StateUnavailable of that path. */
export const attempt = <A>(path: string, run: () => Promise<A>): Effect.Effect<A, StateUnavailable> =>
  Effect.tryPromise({ try: run, catch: unavailable(path) })

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "ENOENT"

/** Makes a folder that only its user can open, if it does not exist. */
export const make = (folder: string): Effect.Effect<void, StateUnavailable> =>
  Effect.asVoid(attempt(folder, () => Fs.mkdir(folder, { recursive: true, mode: 0o700 })))

/** Reads a text file; undefined if there is none. */
export const read = (path: string): Effect.Effect<string | undefined, StateUnavailable> =>
  attempt(path, () =>
    Fs.readFile(path, "utf8").catch((error) => {
      if (isMissing(error)) return undefined
      throw error
    })
  )

/** Reads a secret text file; undefined if there is none. Fails if other users can access it. */
export const readSecret = (path: string): Effect.Effect<string | undefined, StateUnavailable> =>
  Effect.gen(function* () {
    const text = yield* read(path)
    if (text === undefined) return undefined
    const { mode } = yield* attempt(path, () => Fs.stat(path))
    if ((mode & 0o077) !== 0) {
      return yield* new StateUnavailable({ path, detail: `other users can access it: chmod 600 '${path}'` })
    }
    return text
  })

/**
 * Writes a temporary file beside the path, and moves it to the path with `move`. The temporary file is removed in any
 * case.
 */
const moveInto = async (path: string, text: string, move: (temporary: string) => Promise<void>): Promise<void> => {
  const temporary = `${path}.${Crypto.randomBytes(6).toString("hex")}`
  try {
    const file = await Fs.open(temporary, "wx", 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await move(temporary)
    await syncFolder(Path.dirname(path))
  } finally {
    await Fs.rm(temporary, { force: true })
  }
}

/** Creates a file; false if there is one already, which stays. */
export const create = (path: string, text: string): Effect.Effect<boolean, StateUnavailable> =>
  attempt(path, async () => {
    try {
      await moveInto(path, text, (temporary) => Fs.link(temporary, path))
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false
      throw error
    }
  })

/** Replaces a file. It is on disk when this returns. */
export const replace = (path: string, text: string): Effect.Effect<void, StateUnavailable> =>
  attempt(path, () => moveInto(path, text, (temporary) => Fs.rename(temporary, path)))

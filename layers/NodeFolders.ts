/** The folders of the disk. */
import * as Fs from "node:fs/promises"
import * as Os from "node:os"
import * as Path from "node:path"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { Folders } from "../services/Folders.ts"
import type { Listed } from "../src/domain/Path.ts"

/** How many names of a folder are looked at, and how many of them are returned, at most. */
const mostSeen = 50_000
const mostFound = 200

/** A folder that does not answer in this time, as on a network, is not waited for. */
const patience = "2 seconds"

/** Names with such characters can't be typed. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are meant
const untypable = /[\u0000-\u001f\u007f-\u009f]/

const isFolder = async (path: string): Promise<boolean> => {
  try {
    return (await Fs.stat(path)).isDirectory()
  } catch {
    return false
  }
}

const namesIn = async (folder: string, beginning: string, signal: AbortSignal): Promise<ReadonlyArray<Listed>> => {
  const begun = beginning.toLowerCase()
  const found: Array<Listed> = []
  let seen = 0
  for await (const entry of await Fs.opendir(folder === "" ? "." : folder, { bufferSize: 256 })) {
    const { name } = entry
    seen += 1
    if (
      name.toLowerCase().startsWith(begun) &&
      (begun.startsWith(".") || !name.startsWith(".")) &&
      !untypable.test(name)
    ) {
      const leadsToFolder = entry.isSymbolicLink() && (await isFolder(Path.join(folder, name)))
      found.push({ name, isFolder: entry.isDirectory() || leadsToFolder })
    }
    if (signal.aborted || seen >= mostSeen || found.length >= mostFound) break
  }
  return found.sort((one, other) => (one.name < other.name ? -1 : 1))
}

export const folders: Context.Tag.Service<typeof Folders> = {
  home: Os.homedir() || undefined,
  list: (folder, beginning) =>
    Effect.tryPromise((signal) => namesIn(folder, beginning, signal)).pipe(
      Effect.timeout(patience),
      Effect.orElseSucceed(() => [])
    )
}

/** What is to be offered: all files at some paths, and in the folders there. */
import * as Path from "node:path"
import { distinctPaths, mostPathBytes, nameOfMany, safeName } from "../../src/domain/FileNames.ts"
import { digestBytes, mostFiles, mostManifestBytes, piecesOf } from "../../src/domain/Manifest.ts"
import { folderType } from "../../src/domain/Offer.ts"
import type { Disk, Found, Mark } from "./Disk.ts"
import { Failed, reading } from "./Failure.ts"
import { typeOf } from "./MediaType.ts"

/** A file as it was found. There may be many, so it is one object. */
export interface SurveyedFile extends Mark {
  /** The folder in which it is, absolute. */
  readonly folder: string
  readonly name: string
}

/** Where a file is. Kept for each of many, it would take more memory than all else that is known of them. */
export const placeOf = ({ folder, name }: Pick<SurveyedFile, "folder" | "name">): string => Path.join(folder, name)

export interface Survey {
  readonly name: string
  readonly type: string
  /** Whether it is one file, and not in a folder. */
  readonly isFile: boolean
  /** The file or the folder, absolute; of several, the first. */
  readonly path: string
  readonly files: ReadonlyArray<SurveyedFile>
  /** How each of these is called in the manifest. */
  readonly paths: ReadonlyArray<string>
  readonly bytes: number
  readonly skipped: ReadonlyArray<string>
}

/** So many of what is skipped are named. */
const mostNamed = 10

/** So many names are looked at before others have their turn. */
const atOnce = 256

/** What a manifest has for each file beside its path, in bytes: not less than it is. */
const bytesAFile = 40

interface Gathered {
  readonly files: Array<SurveyedFile>
  readonly paths: Array<string>
  bytes: number
  headBytes: number
  readonly skipped: Array<string>
  skippedCount: number
}

const why: Readonly<Record<"link" | "other", string>> = {
  link: "is a symbolic link",
  other: "is neither a file nor a folder"
}

const skip = (gathered: Gathered, path: string, why: string): void => {
  gathered.skippedCount += 1
  if (gathered.skipped.length < mostNamed) gathered.skipped.push(`${path} ${why}`)
}

const add = (gathered: Gathered, folder: string, name: string, path: string, { isFresh, size, stamp }: Mark): void => {
  const length = Buffer.byteLength(path)
  if (length > mostPathBytes - 64) return skip(gathered, path.slice(0, 80), "has too long a path")
  gathered.files.push({ folder, name, size, stamp, isFresh })
  gathered.paths.push(path)
  gathered.bytes += size
  gathered.headBytes += bytesAFile + 2 * length
  if (gathered.files.length > mostFiles) {
    throw new Failed("TooMuch", folder, `there are more than ${mostFiles.toLocaleString("en")} files`)
  }
  if (gathered.headBytes + piecesOf(gathered.bytes) * digestBytes > mostManifestBytes) {
    throw new Failed("TooMuch", folder, "the files are too large, or their names too long")
  }
}

const byName = (one: readonly [string, unknown], other: readonly [string, unknown]): number =>
  one[0] < other[0] ? -1 : 1

/** Looks through a folder and all folders in it. The same files are found in the same order each time. */
function* through(disk: Disk, folder: string, within: string, gathered: Gathered): Generator<void> {
  const ahead: Array<readonly [at: string, path: string]> = [[folder, within]]
  let seen = 0
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    const [at, path] = next
    const names = [...reading(at, () => disk.list(at))].sort(byName)
    const folders: Array<readonly [string, string]> = []
    for (const [name, kind] of names) {
      const each = Path.join(at, name)
      const shown = path === "" ? name : `${path}/${name}`
      if (kind === "folder") folders.push([each, shown])
      else if (kind !== "file") skip(gathered, shown, why[kind])
      else {
        const found = reading(each, () => disk.look(each))
        if (found?.kind !== "file") throw new Failed("FileChanged", each)
        add(gathered, at, name, shown, found)
      }
      seen += 1
      if (seen % atOnce === 0) yield
    }
    ahead.push(...folders.reverse())
  }
}

/** What is at a path that somebody has named: a symbolic link there is followed. */
const named = (disk: Disk, path: string): { readonly at: string; readonly found: Found } =>
  reading(path, () => {
    const at = disk.real(Path.resolve(path))
    const found = disk.look(at)
    if (found === undefined) throw Object.assign(new Error(), { code: "ENOENT" })
    if (found.kind !== "file" && found.kind !== "folder") throw Object.assign(new Error(), { code: "ENXIO" })
    return { at, found }
  })

/** What is to be offered of these paths, of which there is at least one. */
export function* survey(disk: Disk, paths: ReadonlyArray<string>): Generator<void, Survey> {
  const gathered: Gathered = { files: [], paths: [], bytes: 0, headBytes: 0, skipped: [], skippedCount: 0 }
  const roots = paths.map((path) => ({ ...named(disk, path), name: Path.basename(Path.resolve(path)) || "files" }))
  const [first] = roots
  if (first === undefined) throw new Failed("FileUnreadable", "", "no file is named")
  for (const { at, found, name } of roots) {
    if (found.kind === "file") add(gathered, Path.dirname(at), Path.basename(at), name, found)
    else yield* through(disk, at, roots.length === 1 ? "" : name, gathered)
  }
  if (gathered.files.length === 0) throw new Failed("FileUnreadable", first.at, "there is no file in it")
  const unnamed = gathered.skippedCount - gathered.skipped.length
  const isFile = roots.length === 1 && first.found.kind === "file"
  return {
    name: roots.length === 1 ? safeName(first.name) : nameOfMany(safeName(first.name), roots.length),
    type: isFile ? typeOf(first.name) : folderType,
    isFile,
    path: first.at,
    files: gathered.files,
    paths: distinctPaths(gathered.paths),
    bytes: gathered.bytes,
    skipped: unnamed === 0 ? gathered.skipped : [...gathered.skipped, `${unnamed} more`]
  }
}

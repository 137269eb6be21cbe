/**
 * The bytes of a manifest: one line of JSON that names the files, and then the SHA-256 of each piece, 32 bytes each.
 * Only what `encode` makes is decoded, so that a manifest has one digest.
 */
import * as Either from "effect/Either"
import { mostPathBytes } from "../domain/FileNames.ts"
import {
  contentBytes,
  digestBytes,
  type Manifest,
  mostFiles,
  mostManifestBytes,
  type OfferedFile,
  pieceBytes,
  piecesOf
} from "../domain/Manifest.ts"

const newline = 0x0a

const encoder = new TextEncoder()
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** So many files are written at once. */
const filesAtOnce = 1_000

/** The line, part by part: of many files it is long, and nobody needs all of it at once. */
function* headOf(files: ReadonlyArray<OfferedFile>): Generator<string> {
  yield `{"outlive":"manifest","version":1,"piece":${pieceBytes},"files":[`
  for (let at = 0; at < files.length; at += filesAtOnce) {
    const some = files.slice(at, at + filesAtOnce)
    yield (at === 0 ? "" : ",") + JSON.stringify(some, ["path", "size"]).slice(1, -1)
  }
  yield "]}\n"
}

/** Whether a line names these files in the usual way. It ends with its only newline, as the last part does. */
const isHeadOf = (files: ReadonlyArray<OfferedFile>, line: string): boolean => {
  let at = 0
  for (const part of headOf(files)) {
    if (!line.startsWith(part, at)) return false
    at += part.length
  }
  return true
}

/** The manifest as bytes. Its paths and sizes must be such that it can be decoded. */
export const encode = ({ digests, files }: Manifest): Uint8Array => {
  const parts = [...Array.from(headOf(files), (part) => encoder.encode(part)), digests]
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** Whether a path stays in its folder, whatever the system: relative, of names that are neither empty nor dots alone. */
export const isPath = (path: unknown): path is string =>
  typeof path === "string" &&
  path.length > 0 &&
  path.length <= mostPathBytes &&
  !/[\p{Cc}\p{Cs}\\]|^[A-Za-z]:/u.test(path) &&
  path.split("/").every((name) => !/^[ .]*$/.test(name))

const fileOf = (value: unknown): OfferedFile | undefined => {
  if (typeof value !== "object" || value === null) return undefined
  const { path, size } = value as Record<string, unknown>
  return isPath(path) && Number.isSafeInteger(size) && (size as number) >= 0
    ? { path, size: size as number }
    : undefined
}

const textOf = (bytes: Uint8Array): string | undefined => {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

const jsonOf = (text: string): { readonly [key: string]: unknown } | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/**
 * Decodes a manifest; or says why the bytes are none, as a clause. The paths are as they stand there: they stay in their
 * folder, but may be alike.
 */
export const decode = (bytes: Uint8Array): Either.Either<Manifest, string> => {
  if (bytes.length > mostManifestBytes) return Either.left("it is too long")
  const end = bytes.indexOf(newline)
  const line = end < 0 ? undefined : textOf(bytes.subarray(0, end + 1))
  const head = line === undefined ? undefined : jsonOf(line)
  if (head === undefined || head["outlive"] !== "manifest") return Either.left("it does not begin like one")
  if (head["version"] !== 1 || head["piece"] !== pieceBytes) return Either.left("it is of a version that is not known")
  const named = head["files"]
  if (!Array.isArray(named) || named.length === 0) return Either.left("it names no files")
  if (named.length > mostFiles) return Either.left("it names too many files")
  const files: Array<OfferedFile> = []
  for (const each of named) {
    const file = fileOf(each)
    if (file === undefined) return Either.left("a file in it has no size, or a name that leads out of its folder")
    files.push(file)
  }
  const size = contentBytes(files)
  const digests = bytes.subarray(end + 1)
  if (!Number.isSafeInteger(size) || digests.length !== piecesOf(size) * digestBytes) {
    return Either.left("it has not a digest for each piece")
  }
  if (line === undefined || !isHeadOf(files, line)) return Either.left("it is not written in the usual way")
  return Either.right({ files, digests })
}

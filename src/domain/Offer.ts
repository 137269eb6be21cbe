/** Offers: posts that offer files. Whoever knows the digest in one may fetch the files. */
import type * as Brand from "effect/Brand"
import { safeName } from "./FileNames.ts"
import { mostFiles, mostManifestBytes } from "./Manifest.ts"

/** The SHA-256 of an offer's manifest, as base64url. */
export type Digest = string & Brand.Brand<"Digest">

export const isDigest = (value: unknown): value is Digest =>
  // The last character has four bits that count.
  typeof value === "string" && /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/.test(value)

/** Files that somebody offers. */
export interface Offer {
  /** The name of the file, or of the folder that they come into. It is safe: see `safeName`. */
  readonly name: string
  /** The bytes of all files. */
  readonly size: number
  /** The media type of the file, or `inode/directory`. */
  readonly type: string
  /** How many files are in the folder; undefined if it is one file, and no folder. */
  readonly files?: number
  readonly digest: Digest
  /** The bytes of the manifest. */
  readonly manifest: number
}

/** The type of an offer that is a folder. */
export const folderType = "inode/directory"

const before = "\u0001FILE "
const behind = "\u0001"
const mark = before.charCodeAt(0)

/** The longest text of an offer, in characters. */
const mostText = 2_048

const isCount = (value: unknown, least: number, most: number): value is number =>
  Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most

const isType = (value: unknown): value is string =>
  typeof value === "string" && /^[a-z0-9][a-z0-9.+-]{0,62}\/[a-z0-9][a-z0-9.+-]{0,62}$/.test(value)

/**
 * An offer is the text of a post, in a form like that of an action. So it is signed, ordered, kept and handed on like any
 * line, and nobody can type it by mistake.
 */
export const textOf = ({ digest, files, manifest, name, size, type }: Offer): string =>
  `${before}${JSON.stringify({ name, size, type, ...(files === undefined ? {} : { files }), digest, manifest })}${behind}`

const offerOf = (value: unknown): Offer | undefined => {
  if (typeof value !== "object" || value === null) return undefined
  const { digest, files, manifest, name, size, type } = value as Record<string, unknown>
  if (typeof name !== "string" || !isType(type) || !isDigest(digest)) return undefined
  if (!isCount(size, 0, Number.MAX_SAFE_INTEGER) || !isCount(manifest, 1, mostManifestBytes)) return undefined
  if (files !== undefined && !isCount(files, 1, mostFiles)) return undefined
  return { name: safeName(name), size, type, ...(files === undefined ? {} : { files }), digest, manifest }
}

/** The offer in a text, with a safe name; undefined if the text is an ordinary line. */
export const offerIn = (text: string): Offer | undefined => {
  if (text.charCodeAt(0) !== mark || text.length > mostText) return undefined
  if (!text.startsWith(before) || !text.endsWith(behind)) return undefined
  try {
    return offerOf(JSON.parse(text.slice(before.length, -behind.length)))
  } catch {
    return undefined
  }
}

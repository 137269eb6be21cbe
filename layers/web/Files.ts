/** The files of the page. They are read once, and compressed once. */
import { createHash } from "node:crypto"
import * as Fs from "node:fs/promises"
import * as Path from "node:path"
import { promisify } from "node:util"
import { gzip } from "node:zlib"
import * as Effect from "effect/Effect"
import type { Reply } from "../http/Reply.ts"

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".webmanifest": "application/manifest+json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2"
}

export interface File {
  readonly type: string
  readonly etag: string
  readonly whole: Uint8Array
  readonly gzipped: Uint8Array
}

/** By the path that a browser asks for, such as `/page.js`; `/` for the page itself. */
export type Files = ReadonlyMap<string, File>

const compress = promisify(gzip)

const fileOf = async (path: string): Promise<File> => {
  const whole = await Fs.readFile(path)
  return {
    type: types[Path.extname(path)] ?? "application/octet-stream",
    etag: `"${createHash("sha256").update(whole).digest("base64url").slice(0, 22)}"`,
    whole,
    gzipped: await compress(whole, { level: 9 })
  }
}

/** The files of a folder, and of the folders in it. None if it is not there: the page was not built. */
export const readFiles = (folder: string): Effect.Effect<Files> =>
  Effect.promise(async () => {
    const entries = await Fs.readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
    const files = new Map<string, File>()
    for (const entry of entries) {
      if (!entry.isFile()) continue
      const path = Path.join(entry.parentPath ?? entry.path, entry.name)
      files.set(`/${Path.relative(folder, path).replaceAll(Path.sep, "/")}`, await fileOf(path))
    }
    const index = files.get("/index.html")
    return index === undefined ? files : files.set("/", index)
  })

const isAccepted = (header: string, coding: string): boolean =>
  header.split(",").some((each) => {
    const [name = "", ...parameters] = each.split(";").map((part) => part.trim().toLowerCase())
    return name === coding && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))
  })

/** Answers with a file, unless the browser has it. */
export const replyWith = (
  { etag, gzipped, type, whole }: File,
  asked: { readonly "if-none-match"?: string | undefined; readonly "accept-encoding"?: string | string[] | undefined }
): Reply => {
  const headers = { etag, vary: "accept-encoding" }
  const known = (asked["if-none-match"] ?? "").split(",").map((each) => each.trim().replace(/^W\//, ""))
  if (known.includes(etag)) return { status: 304, headers }
  const isShort = isAccepted(`${asked["accept-encoding"] ?? ""}`, "gzip") && gzipped.length < whole.length
  return isShort
    ? { status: 200, headers: { ...headers, "content-type": type, "content-encoding": "gzip" }, body: gzipped }
    : { status: 200, headers: { ...headers, "content-type": type }, body: whole }
}

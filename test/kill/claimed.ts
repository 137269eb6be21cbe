/** What a fetch that is not done says of itself on disk, read apart from the program. */
import * as Fs from "node:fs"
import * as Path from "node:path"

/** The pieces, of the first so many, that the states in a folder claim: a line, the manifest, and a bit for each piece. */
export const claimedIn = (folder: string, pieces: number): ReadonlyArray<number> =>
  (Fs.existsSync(folder) ? Fs.readdirSync(folder) : []).flatMap((name) => {
    if (!name.endsWith(".state")) return []
    const bytes = Fs.readFileSync(Path.join(folder, name))
    const end = bytes.indexOf(10)
    if (end < 0) return []
    const { manifest } = JSON.parse(bytes.toString("utf8", 0, end)) as { readonly manifest: number }
    const bits = bytes.subarray(end + 1 + manifest)
    return Array.from({ length: pieces }, (_, piece) => piece).filter(
      (piece) => ((bits[piece >> 3] ?? 0) & (0x80 >> (piece & 7))) !== 0
    )
  })

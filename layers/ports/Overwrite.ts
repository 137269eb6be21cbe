/**
 * Overwrites a text file in place, where no other file can be moved to its path. Lines that begin with `#` must be
 * comments in the file.
 *
 * Whenever the writer dies, a reader that uses `settled` finds either the old text or the new one, never a mixture. For
 * that the new text is written twice, and each step is on disk before the next one begins:
 * 1. A copy is appended below a line with its digest. The text above that line counts until the copy is complete. From
 *    then on the copy counts.
 * 2. The new text is written over the beginning of the file.
 * 3. The rest of the file is cut off.
 */
import * as Crypto from "node:crypto"
import * as Fs from "node:fs/promises"
import { writeAll } from "../log/Files.ts"

/** The beginning of the line above a copy. The line ends with the copy's digest. */
export const mark = "# outlive was writing this file. What counts is what follows, if its SHA-256 is "

const newline = 0x0a
const blank = 0x20
const digestLength = 64

const digestOf = (bytes: Uint8Array): string => Crypto.createHash("sha256").update(bytes).digest("hex")

/**
 * Where a torn mark line begins: the file ends within it. No other comment is likely to end like that. -1 if there is
 * none.
 */
const tornMark = (bytes: Buffer): number => {
  const begin = bytes.lastIndexOf(mark.slice(0, 12))
  return begin >= 0 && mark.startsWith(bytes.toString("latin1", begin)) ? begin : -1
}

/** The valid contents of a file that may have been written in place. */
export const settled = (bytes: Buffer): Buffer => {
  const whole = bytes.lastIndexOf(mark)
  const at = Math.max(whole, tornMark(bytes))
  if (at < 0) return bytes
  const digest = bytes.toString("latin1", at + mark.length, at + mark.length + digestLength)
  const copy = bytes.subarray(at + mark.length + digestLength + 1)
  if (at === whole && digest === digestOf(copy)) return copy
  let end = at
  while (end > 0 && bytes[end - 1] === blank) end -= 1
  return settled(bytes.subarray(0, end > 0 && bytes[end - 1] === newline ? end - 1 : end))
}

/** How many bytes of a file must be read to find a text of that size in it, at whatever step its writer was. */
export const bytesFor = (text: number): number => 3 * text + 1_024

/**
 * Overwrites an existing file with a text. It is on disk when this returns. If this fails, the old contents still
 * count.
 */
export const overwrite = async (path: string, text: Buffer): Promise<void> => {
  const file = await Fs.open(path, "r+")
  try {
    const { size } = await file.stat()
    // The copy must lie beyond everything that is overwritten.
    const gap = Buffer.alloc(Math.max(0, text.length - size), blank)
    try {
      await writeAll(
        file,
        Buffer.concat([Buffer.from("\n"), gap, Buffer.from(`${mark}${digestOf(text)}\n`), text]),
        size
      )
      await file.sync()
    } catch (error) {
      await file.truncate(size).catch(() => {})
      throw error
    }
    await writeAll(file, text, 0)
    await file.sync()
    await file.truncate(text.length)
  } finally {
    await file.close()
  }
}

/** Splits what an IRC client sends into lines. */
import { newline } from "../LineSplitter.ts"
import { mostBytes, mostTagBytes } from "./Message.ts"

/** A line without its end, or why there is none: it was too long, or is not UTF-8. */
export type Line = { readonly text: string } | { readonly fault: "too long" | "not UTF-8" }

const carriageReturn = 0x0d
const at = 0x40
const space = 0x20

/** The bytes that a line may have: those of tags, and those of a message without its CR LF. */
const isTooLong = (line: Uint8Array): boolean => {
  const tags = line[0] === at ? line.indexOf(space) + 1 || line.length : 0
  return tags > mostTagBytes || line.length - tags > mostBytes - 2
}

/**
 * Splits bytes that come in pieces of any size. A line ends with LF; a CR before it is left out. Of a line that is too
 * long it keeps nothing, and reports it once. So it holds no more than one line, whatever comes.
 */
export const makeLines = (): ((bytes: Uint8Array) => ReadonlyArray<Line>) => {
  // Mutable: one connection feeds it.
  const held = new Uint8Array(mostTagBytes + mostBytes)
  let length = 0
  let isOver = false
  const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

  const lineOf = (bytes: Uint8Array): Line => {
    if (isTooLong(bytes)) return { fault: "too long" }
    try {
      return { text: utf8.decode(bytes) }
    } catch {
      return { fault: "not UTF-8" }
    }
  }
  const keep = (bytes: Uint8Array): void => {
    isOver ||= length + bytes.length > held.length
    if (isOver) return
    held.set(bytes, length)
    length += bytes.length
  }
  return (bytes) => {
    const lines: Array<Line> = []
    let start = 0
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, start)) {
      keep(bytes.subarray(start, end))
      const isEnded = length > 0 && held[length - 1] === carriageReturn
      lines.push(isOver ? { fault: "too long" } : lineOf(held.subarray(0, isEnded ? length - 1 : length)))
      length = 0
      isOver = false
      start = end + 1
    }
    keep(bytes.subarray(start))
    return lines
  }
}

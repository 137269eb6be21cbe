/** Splits the bytes of a pipe into lines of text. The bytes come in pieces of any size. */
import { isUtf8 } from "node:buffer"
import { newline } from "../../src/protocol/LineSplitter.ts"

/** A line, or a problem with one. */
export type Piped = string | Trouble

export type Trouble =
  /** That line, counted from 1, is too long. Reported once for each such line, as soon as it is known. */
  | { readonly _tag: "TooLong"; readonly number: number }
  /**
   * That line, counted from 1, is not UTF-8. The line follows, with `�` in place of invalid bytes. Only the first one
   * is reported.
   */
  | { readonly _tag: "NotUtf8"; readonly number: number }

export interface PipedLines {
  /** Takes a piece. Returns the lines that end in it. */
  readonly take: (piece: Buffer) => Array<Piped>
  /** The pipe has ended. Returns the last line, if it has no newline. */
  readonly end: () => Array<Piped>
}

const replacement = "\ufffd"

const byteOrderMark = Buffer.from("\ufeff")

/** The index of the first line that is not UTF-8; -1 if there is none. */
export const firstNotUtf8 = (lines: Buffer): number => {
  if (isUtf8(lines)) return -1
  let index = 0
  for (let start = 0; ; index += 1) {
    const end = lines.indexOf(newline, start)
    if (end === -1 || !isUtf8(lines.subarray(start, end))) return index
    start = end + 1
  }
}

/**
 * A splitter for one pipe. Lines come without their newlines, without the carriage return of Windows, and without a
 * byte order mark at the beginning. No more than `most` bytes of an unfinished line are kept.
 */
export const makePipedLines = (most: number): PipedLines => {
  // Mutable, for the hot path: one owner feeds it, a chunk at a time.
  /** The beginning of a line that is not complete yet. */
  let held: Buffer | undefined
  let heldBytes = 0
  /** Whether the rest of a line that is too long is being skipped. */
  let passes = false
  let number = 0
  let isChecked = false
  let isBegun = false

  const hold = (rest: Buffer): void => {
    held ??= Buffer.allocUnsafe(most)
    heldBytes += rest.copy(held, heldBytes)
  }

  /** Decodes complete lines, the last one without its newline. */
  const decode = (whole: Buffer): Array<Piped> => {
    const text = whole.toString("utf8")
    const lines = text.split("\n")
    const strange = isChecked || !text.includes(replacement) ? -1 : firstNotUtf8(whole)
    const piped: Array<Piped> = []
    for (const [index, line] of lines.entries()) {
      number += 1
      if (index === strange) {
        isChecked = true
        piped.push({ _tag: "NotUtf8", number })
      }
      piped.push(line.endsWith("\r") ? line.slice(0, -1) : line)
    }
    return piped
  }

  const tooLong = (): Array<Piped> => {
    number += 1
    heldBytes = 0
    return [{ _tag: "TooLong", number }]
  }

  /**
   * Splits complete lines, the last one without its newline. They are decoded in one go, unless they are together
   * longer than a line may be.
   */
  const whole = (lines: Buffer): Array<Piped> => {
    if (lines.length <= most) return decode(lines)
    const piped: Array<Piped> = []
    for (let start = 0; start <= lines.length; ) {
      const found = lines.indexOf(newline, start)
      const end = found === -1 ? lines.length : found
      piped.push(...(end - start > most ? tooLong() : decode(lines.subarray(start, end))))
      start = end + 1
    }
    return piped
  }

  const withoutMark = (piece: Buffer): Buffer => {
    const whole = heldBytes > 0 ? Buffer.concat([held?.subarray(0, heldBytes) ?? piece, piece]) : piece
    heldBytes = 0
    if (whole.length < byteOrderMark.length && byteOrderMark.subarray(0, whole.length).equals(whole)) {
      hold(whole)
      return whole.subarray(whole.length)
    }
    isBegun = true
    return whole.subarray(0, byteOrderMark.length).equals(byteOrderMark) ? whole.subarray(byteOrderMark.length) : whole
  }

  return {
    take: (arrived) => {
      let piece = isBegun ? arrived : withoutMark(arrived)
      const piped: Array<Piped> = []
      if (passes) {
        const end = piece.indexOf(newline)
        if (end === -1) return piped
        passes = false
        piece = piece.subarray(end + 1)
      }
      const first = piece.indexOf(newline)
      if (first !== -1) {
        if (heldBytes + first > most) {
          piped.push(...tooLong())
        } else if (heldBytes > 0) {
          hold(piece.subarray(0, first))
          piped.push(...decode(held?.subarray(0, heldBytes) ?? piece))
          heldBytes = 0
        } else piped.push(...decode(piece.subarray(0, first)))
        const last = piece.lastIndexOf(newline)
        if (last > first) for (const line of whole(piece.subarray(first + 1, last))) piped.push(line)
        piece = piece.subarray(last + 1)
      }
      if (heldBytes + piece.length > most) {
        piped.push(...tooLong())
        passes = true
      } else if (piece.length > 0) hold(piece)
      return piped
    },
    end: () => {
      const rest = heldBytes > 0 ? decode(held?.subarray(0, heldBytes) ?? byteOrderMark) : []
      heldBytes = 0
      return rest
    }
  }
}

/** Splits bytes into lines. */
import * as Either from "effect/Either"
import { FrameMalformed } from "../domain/Errors.ts"
import { maxFrameBytes } from "./Frame.ts"

/** The byte that ends a line. */
export const newline = 0x0a
const nothing = new Uint8Array(0)

/**
 * Splits chunks of any size into lines that keep their newline. It holds one unfinished line at most, and fails as soon
 * as that is longer than `limit` bytes.
 */
export const makeLineSplitter = (limit = maxFrameBytes) => {
  // Mutable, for the hot path: one owner feeds it, a chunk at a time.
  let pending: Array<Uint8Array> = []
  let pendingBytes = 0

  const joined = (tail: Uint8Array): Uint8Array => {
    if (pendingBytes === 0) return tail
    const line = new Uint8Array(pendingBytes + tail.length)
    let at = 0
    for (const piece of pending) {
      line.set(piece, at)
      at += piece.length
    }
    line.set(tail, at)
    pending = []
    pendingBytes = 0
    return line
  }

  return (piece: Uint8Array): Either.Either<ReadonlyArray<Uint8Array>, FrameMalformed> => {
    const lines: Array<Uint8Array> = []
    let start = 0
    for (let end = piece.indexOf(newline); end >= 0; end = piece.indexOf(newline, start)) {
      if (pendingBytes + end + 1 - start > limit) return tooLong(limit)
      lines.push(joined(piece.subarray(start, end + 1)))
      start = end + 1
    }
    const rest = start === 0 ? piece : start < piece.length ? piece.subarray(start) : nothing
    if (rest.length > 0) {
      pending.push(rest)
      pendingBytes += rest.length
      if (pendingBytes >= limit) return tooLong(limit)
    }
    return Either.right(lines)
  }
}

const tooLong = (limit: number) => Either.left(new FrameMalformed({ detail: `a line over ${limit} bytes` }))

/** The lines of a block of whole lines, each with its newline. */
export const linesIn = (block: Uint8Array): ReadonlyArray<Uint8Array> => {
  const lines: Array<Uint8Array> = []
  for (let start = 0, end = 0; start < block.length; start = end) {
    end = block.indexOf(newline, start) + 1 || block.length
    lines.push(block.subarray(start, end))
  }
  return lines
}

/** Splits bytes into lines. */
import * as Either from "effect/Either"
import { FrameMalformed } from "../domain/Errors.ts"
import { maxFrameBytes } from "./Frame.ts"

/** The byte that ends a line. */
export const newline = 0x0a

/**
 * Splits bytes that come in pieces of any size into chunks of whole lines. Each piece gives at most two: the line that
 * it completes, and the other whole lines in it, which are not copied. It holds one unfinished line at most, and fails
 * as soon as a line is longer than `limit` bytes.
 */
export const makeChunkSplitter = (limit = maxFrameBytes) => {
  // Mutable, for the hot path: one owner feeds it, a piece at a time.
  let pending: Array<Uint8Array> = []
  let pendingBytes = 0

  const joined = (tail: Uint8Array): Uint8Array => {
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
    const end = piece.lastIndexOf(newline) + 1
    const chunks: Array<Uint8Array> = []
    let start = 0
    if (pendingBytes > 0 && end > 0) {
      start = piece.indexOf(newline) + 1
      if (pendingBytes + start > limit) return tooLong(limit)
      chunks.push(joined(piece.subarray(0, start)))
    }
    if (end > start) {
      const chunk = start === 0 && end === piece.length ? piece : piece.subarray(start, end)
      if (chunk.length > limit && linesIn(chunk).some(({ length }) => length > limit)) return tooLong(limit)
      chunks.push(chunk)
    }
    if (end < piece.length) {
      pending.push(end === 0 ? piece : piece.subarray(end))
      pendingBytes += piece.length - end
      if (pendingBytes >= limit) return tooLong(limit)
    }
    return Either.right(chunks)
  }
}

/** The same, with each line by itself. Lines keep their newline. */
export const makeLineSplitter = (limit = maxFrameBytes) => {
  const split = makeChunkSplitter(limit)
  return (piece: Uint8Array): Either.Either<ReadonlyArray<Uint8Array>, FrameMalformed> =>
    Either.map(split(piece), (chunks) => chunks.flatMap(linesIn))
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

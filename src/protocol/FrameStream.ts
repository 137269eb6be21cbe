/** Bytes to frames. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import type { FrameMalformed } from "../domain/Errors.ts"
import { decode, type Frame } from "./Frame.ts"
import { makeLineSplitter } from "./LineSplitter.ts"

/** The frames that bytes carry, all of a chunk at a time; fails at the first that is none. A line cut off by the end is dropped. */
export const fromBytes = <E>(bytes: Stream.Stream<Uint8Array, E>): Stream.Stream<Frame, E | FrameMalformed> =>
  Stream.suspend(() => {
    const split = makeLineSplitter()
    return Stream.mapChunksEffect(bytes, (pieces) => Effect.suspend(() => decodeAll(split, pieces)))
  })

const decodeAll = (
  split: ReturnType<typeof makeLineSplitter>,
  pieces: Chunk.Chunk<Uint8Array>
): Either.Either<Chunk.Chunk<Frame>, FrameMalformed> => {
  const frames: Array<Frame> = []
  for (const piece of pieces) {
    const lines = split(piece)
    if (Either.isLeft(lines)) return Either.left(lines.left)
    for (const line of lines.right) {
      const frame = decode(line)
      if (Either.isLeft(frame)) return Either.left(frame.left)
      frames.push(frame.right)
    }
  }
  return Either.right(Chunk.unsafeFromArray(frames))
}

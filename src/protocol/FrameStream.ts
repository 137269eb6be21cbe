/** Bytes to frames. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import type { FrameMalformed } from "../domain/Errors.ts"
import * as Frame from "./Frame.ts"
import { makeLineSplitter } from "./LineSplitter.ts"

/** The frames that bytes carry, all of a chunk at a time; fails at the first that is none. A line cut off by the end is dropped. */
export const fromBytes = <E>(bytes: Stream.Stream<Uint8Array, E>): Stream.Stream<Frame.Frame, E | FrameMalformed> =>
  Stream.suspend(() => {
    const split = makeLineSplitter()
    return Stream.mapChunksEffect(bytes, (pieces) => Effect.suspend(() => decodeAll(split, pieces)))
  })

const decodeAll = (
  split: ReturnType<typeof makeLineSplitter>,
  pieces: Chunk.Chunk<Uint8Array>
): Either.Either<Chunk.Chunk<Frame.Frame>, FrameMalformed> => {
  const frames: Array<Frame.Frame> = []
  for (const piece of pieces) {
    const decoded = Either.flatMap(split(piece), Frame.decodeAll)
    if (Either.isLeft(decoded)) return Either.left(decoded.left)
    for (const frame of decoded.right) frames.push(frame)
  }
  return Either.right(Chunk.unsafeFromArray(frames))
}

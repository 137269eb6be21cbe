/** Bytes to frames. */
import * as Either from "effect/Either"
import type { FrameMalformed } from "../domain/Errors.ts"
import { ChunkDecoder } from "./ChunkDecoder.ts"
import { type Frame, refusal } from "./Frame.ts"
import { makeChunkSplitter } from "./LineSplitter.ts"

/** The frames that these pieces complete, none perhaps; or why a line is none. */
export type FrameDecoder = (pieces: ReadonlyArray<Uint8Array>) => Either.Either<ReadonlyArray<Frame>, FrameMalformed>

/** Decodes what one connection brings, all that has come together in one go. It holds on to the line that is not complete yet. */
export const makeFrameDecoder = (): FrameDecoder => {
  const split = makeChunkSplitter()
  const decoder = new ChunkDecoder()
  return (pieces) =>
    Either.try({
      try: () => {
        const frames: Array<Frame> = []
        for (const piece of pieces) {
          for (const chunk of Either.getOrThrowWith(split(piece), (tooLong) => tooLong))
            decoder.decodeInto(frames, chunk)
        }
        return frames
      },
      catch: refusal
    })
}

/** Bytes to frames. */
import * as Either from "effect/Either"
import type { FrameMalformed } from "../domain/Errors.ts"
import * as Frame from "./Frame.ts"
import { makeLineSplitter } from "./LineSplitter.ts"

/** The frames that these pieces complete, none perhaps; or why a line is none. */
export type FrameDecoder = (
  pieces: ReadonlyArray<Uint8Array>
) => Either.Either<ReadonlyArray<Frame.Frame>, FrameMalformed>

/** Decodes what one connection brings, all that has come together in one go. It holds on to the line that is not complete yet. */
export const makeFrameDecoder = (): FrameDecoder => {
  const split = makeLineSplitter()
  return (pieces) => {
    const frames: Array<Frame.Frame> = []
    for (const piece of pieces) {
      const decoded = Either.flatMap(split(piece), Frame.decodeAll)
      if (Either.isLeft(decoded)) return decoded
      for (const frame of decoded.right) frames.push(frame)
    }
    return Either.right(frames)
  }
}

/** What was sent with a request. */
import type * as Http from "node:http"
import * as Effect from "effect/Effect"

/** The body of a request, as text. Undefined if it has more bytes than that, or does not come to its end. */
export const bodyOf = (request: Http.IncomingMessage, most: number): Effect.Effect<string | undefined> =>
  Effect.async((resume) => {
    const pieces: Array<Buffer> = []
    let bytes = 0
    request.on("data", (piece: Buffer) => {
      bytes += piece.length
      if (bytes <= most) pieces.push(piece)
    })
    request.once("end", () => resume(Effect.succeed(bytes <= most ? Buffer.concat(pieces).toString() : undefined)))
    request.once("close", () => resume(Effect.succeed(undefined)))
  })

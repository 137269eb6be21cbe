/** Reads all of stdin, for a command that takes it as one text. */
import * as Effect from "effect/Effect"
import { LineTooLong } from "../../src/domain/Errors.ts"

/** The most that is read, in bytes. The log has its own limit for the length of a post. */
const mostBytes = 1024 * 1024

const marker = /^\ufeff/

/** Reads until stdin ends. Removes a byte order mark, the carriage returns of Windows, and the last newline. */
export const text: Effect.Effect<string, LineTooLong> = Effect.async((resume, signal) => {
  const { stdin } = process
  const pieces: Array<Buffer> = []
  let bytes = 0
  const done = (result: Effect.Effect<string, LineTooLong>) => {
    stdin.off("data", onData).off("end", onEnd).off("error", onEnd).destroy()
    resume(result)
  }
  const onData = (piece: Buffer) => {
    pieces.push(piece)
    bytes += piece.length
    if (bytes > mostBytes) done(new LineTooLong({ bytes, limit: mostBytes }))
  }
  const onEnd = () => {
    const whole = Buffer.concat(pieces).toString("utf8")
    done(Effect.succeed(whole.replace(marker, "").replaceAll("\r\n", "\n").replace(/\n$/, "")))
  }
  stdin.on("data", onData).on("end", onEnd).on("error", onEnd)
  signal.addEventListener("abort", () => stdin.off("data", onData).off("end", onEnd).destroy())
})

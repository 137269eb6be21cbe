/** Reads all of a pipe, for a command that takes it as one text. */
import type { Readable } from "node:stream"
import * as Effect from "effect/Effect"
import { LineTooLong } from "../../src/domain/Errors.ts"
import { firstNotUtf8 } from "./PipedLines.ts"

/** The most that is read, in bytes. The log has its own limit for the length of a post. */
const mostBytes = 1024 * 1024

const marker = /^\ufeff/

export interface Read {
  /** The text, with `�` in place of bytes that are not UTF-8. */
  readonly text: string
  /** The first line with such bytes, counted from 1; undefined if there is none. */
  readonly notUtf8: number | undefined
}

/** Reads until the pipe ends. Removes a byte order mark, the carriage returns of Windows, and the last newline. */
export const textOf = (pipe: Readable): Effect.Effect<Read, LineTooLong> =>
  Effect.async((resume, signal) => {
    const pieces: Array<Buffer> = []
    let bytes = 0
    const done = (result: Effect.Effect<Read, LineTooLong>) => {
      pipe.off("data", onData).off("end", onEnd).off("error", onEnd).destroy()
      resume(result)
    }
    const onData = (piece: Buffer) => {
      pieces.push(piece)
      bytes += piece.length
      if (bytes > mostBytes) done(new LineTooLong({ bytes, limit: mostBytes }))
    }
    const onEnd = () => {
      const whole = Buffer.concat(pieces)
      const text = whole.toString("utf8").replace(marker, "").replaceAll("\r\n", "\n").replace(/\n$/, "")
      const strange = firstNotUtf8(whole)
      done(Effect.succeed({ text, notUtf8: strange === -1 ? undefined : strange + 1 }))
    }
    pipe.on("data", onData).on("end", onEnd).on("error", onEnd)
    signal.addEventListener("abort", () => pipe.off("data", onData).off("end", onEnd).destroy())
  })

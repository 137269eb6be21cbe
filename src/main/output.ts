/** Watches the output of the program. If stdout can't take some of it, that is reported and the exit status is 1. */
import * as Legible from "../../layers/console/Legible.ts"
import { codeOf, troubleOf } from "../domain/Trouble.ts"

/** The errors of a reader that has closed the pipe, as `head` does. They are no failure. */
const readerIsGone: ReadonlySet<string> = new Set(["EPIPE", "ECONNRESET"])

/** Writes an error on stderr, in one sentence. At a terminal, its rows break between words. */
export const complain = (sentence: string): void => {
  const text = `outlive: ${sentence}`
  const rows = text.includes("\n") ? [text] : Legible.rowsFor(process.stderr, text)
  process.stderr.write(`${rows.join("\n")}\n`)
}

/**
 * Watches stdout and stderr from now on, so that an error there does not end the process. Calls `complain`, once, if
 * stdout fails for another reason than that its reader has gone. A terminal that is gone is handled elsewhere. Returns
 * whether such an error has occurred.
 */
export const watchOutput = (complain: (sentence: string) => void): (() => boolean) => {
  let isLost = false
  process.stderr.on("error", () => {})
  process.stdout.on("error", (error) => {
    if (isLost || process.stdout.isTTY || readerIsGone.has(codeOf(error))) return
    isLost = true
    complain(`Some output is lost: stdout can't be written (${troubleOf(error).detail}).`)
  })
  return () => isLost
}

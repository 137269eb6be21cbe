/** What becomes of what the program writes: what stdout does not take is lost, and that must not look like success. */
import * as Legible from "../../layers/console/Legible.ts"
import { codeOf, troubleOf } from "../domain/Trouble.ts"

/** Whoever reads has seen enough, as `head` has: nothing went wrong. */
const readerIsGone: ReadonlySet<string> = new Set(["EPIPE", "ECONNRESET"])

/** What is wrong, on stderr, in one sentence: at a terminal in rows that end where words do. */
export const complain = (sentence: string): void => {
  const text = `outlive: ${sentence}`
  const rows = text.includes("\n") ? [text] : Legible.rowsFor(process.stderr, text)
  process.stderr.write(`${rows.join("\n")}\n`)
}

/**
 * Watches stdout and stderr from now on: an error there ends nothing. Calls `complain`, once, if stdout takes nothing more for
 * another reason than that its reader has gone. A terminal that is gone has its own way to say so. Returns whether that was so.
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

/** What is typed, on a terminal on which nothing is redrawn. */
import { visible } from "./LiveArea.ts"
import { isSurelyAsWide, textWidth, widestWidth } from "./TextWidth.ts"

/** The keys that mean something where nothing is redrawn: the cursor is always at the end. */
export const isPlainKey = (name: string): boolean => plainKeys.has(name)
const plainKeys = new Set(
  "enter alt-enter backspace alt-backspace ctrl-w ctrl-u ctrl-y ctrl-_ up down ctrl-p ctrl-n ctrl-c ctrl-d ctrl-z".split(
    " "
  )
)

/**
 * What a terminal is to be sent whose last row ends in one text, so that it ends in the other: what was added, or what takes
 * letters back, or, if that can't be done in the last row, the whole text on a row of its own.
 */
export const echo = (before: string, after: string, columns: number): string => {
  const from = visible(before)
  const to = visible(after)
  if (to.startsWith(from)) return to.slice(from.length)
  const row = from.slice(from.lastIndexOf("\n") + 1)
  const gone = from.slice(to.length)
  return from.startsWith(to) && !gone.includes("\n") && isSurelyAsWide(gone) && widestWidth(row) < columns
    ? "\b \b".repeat(textWidth(gone))
    : `\n${to}`
}

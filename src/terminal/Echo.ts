/** Echoes typed text on a terminal where nothing is redrawn. */
import { visible } from "./LiveArea.ts"
import { isSurelyAsWide, textWidth, widestWidth } from "./TextWidth.ts"

/**
 * Whether a key has a meaning where nothing is redrawn. Keys that move the cursor have none, because it is always at
 * the end.
 */
export const isPlainKey = (name: string): boolean => plainKeys.has(name)
const plainKeys = new Set(
  "enter alt-enter backspace alt-backspace ctrl-w ctrl-u ctrl-y ctrl-_ up down ctrl-p ctrl-n ctrl-c ctrl-d ctrl-z".split(
    " "
  )
)

/**
 * The output that turns `before` at the end of the screen into `after`: the letters that were added, or backspaces over
 * those that were removed. If neither works within the last row, the whole text is written again on a new row.
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

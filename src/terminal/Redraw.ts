/** Escape sequences that redraw the live area at the bottom of a terminal, and print lines above it. */
import type { LiveArea } from "./LiveArea.ts"

const upBy = (rows: number): string => (rows > 0 ? `\u001b[${rows}A` : "")
const downBy = (rows: number): string => (rows > 0 ? `\u001b[${rows}B` : "")
const byRows = (rows: number): string => (rows < 0 ? upBy(-rows) : downBy(rows))

/**
 * Turns off the terminal's wrapping for this text: the terminal cuts rows that it draws wider than this program
 * expects.
 */
export const cutAtEdge = (text: string): string => `\u001b[?7l${text}\u001b[?7h`

/** Moves the cursor from the last row to its place. */
const toCursor = ({ cursor, rows }: LiveArea): string =>
  // The text before the cursor is written again, because only the terminal knows how wide it draws that text.
  `${upBy(rows.length - 1 - cursor.row)}\r${cursor.before.text}`

const atEnd = ({ cursor, rows }: LiveArea): boolean =>
  cursor.row === rows.length - 1 && cursor.before.text === rows.at(-1)?.text

const write = (area: LiveArea, from: number): string =>
  cutAtEdge(
    area.rows
      .slice(from)
      .map(({ text }) => text)
      .join("\r\n") + (atEnd(area) ? "" : toCursor(area))
  )

/**
 * Erases the row with the cursor and everything below. The row is erased by itself first: a terminal that is asked to
 * erase everything from its first row (`CSI J`) may take that for clearing the screen and copy the screen to its
 * scrollback, as tmux does.
 */
const eraseBelow = "\r\u001b7\u001b[K\u001b[B\u001b[J\u001b8"

/** Erases `rowsAbove` rows above the cursor, the cursor's row, and everything below. */
export const erase = (rowsAbove: number): string => `${upBy(rowsAbove)}${eraseBelow}`

/** The output that turns `before` on the screen into `after`. */
export const changed = (before: LiveArea, after: LiveArea): string => {
  let same = 0
  while (same < after.rows.length && after.rows[same]?.text === before.rows[same]?.text) same += 1
  if (same === after.rows.length && same === before.rows.length) {
    return before.cursor.row === after.cursor.row && before.cursor.before.text === after.cursor.before.text
      ? ""
      : cutAtEdge(`${byRows(after.cursor.row - before.cursor.row)}\r${after.cursor.before.text}`)
  }
  const typed = before.rows.at(-1)?.text ?? ""
  const types = same === before.rows.length - 1 && before.rows.length === after.rows.length
  if (types && atEnd(before) && atEnd(after) && after.rows.at(-1)?.text.startsWith(typed)) {
    return cutAtEdge(after.rows.at(-1)?.text.slice(typed.length) ?? "")
  }
  // The row where the cursor will be may not exist on the screen yet.
  const from = Math.min(same, before.rows.length - 1, after.rows.length - 1)
  return `${byRows(from - before.cursor.row)}${eraseBelow}${write(after, from)}`
}

/**
 * The output that replaces `before` with `lines` and draws `after` below them. No row of `lines` may need wrapping,
 * except one that turns it on for itself.
 */
export const below = (before: LiveArea | undefined, lines: string, after: LiveArea): string =>
  `${before === undefined ? "" : erase(before.cursor.row)}${lines}${write(after, 0)}`

/**
 * Fills the whole screen with these rows. Each row is erased before it is written: after a full row, most terminals
 * leave the cursor on its last letter, and erasing then would remove that letter.
 */
export const screenful = (rows: ReadonlyArray<string>): string =>
  `\u001b[H${cutAtEdge(rows.map((row) => `\u001b[K${row}`).join("\r\n"))}`

/** Asks the terminal where the cursor is. */
export const askCursor = "\u001b[6n"

/**
 * Whether a terminal that now has `columns` columns may have wrapped the row with the cursor, so that the terminal must
 * be asked where the cursor is.
 */
export const isDoubtful = ({ cursor }: LiveArea, columns: number): boolean => cursor.before.width >= columns

/**
 * How many rows there are above the cursor after the terminal has rewrapped the area to `columns` columns. Most
 * terminals rewrap the row with the cursor too, and then the cursor is in the matching `column`. Others leave that row
 * as it is.
 */
export const rowsAbove = ({ cursor, rows }: LiveArea, columns: number, column?: number): number =>
  rows.slice(0, cursor.row).reduce((sum, { width }) => sum + Math.max(1, Math.ceil(width / columns)), 0) +
  (column === cursor.before.width % columns ? Math.floor(cursor.before.width / columns) : 0)

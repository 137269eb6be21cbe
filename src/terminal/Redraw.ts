/** What a terminal is to be sent so that the rows at its bottom change, and lines stand above them. */
import type { LiveArea } from "./LiveArea.ts"

const upBy = (rows: number): string => (rows > 0 ? `\u001b[${rows}A` : "")
const downBy = (rows: number): string => (rows > 0 ? `\u001b[${rows}B` : "")
const byRows = (rows: number): string => (rows < 0 ? upBy(-rows) : downBy(rows))

/** Long rows are cut by the terminal, not wrapped: it may think letters wider than they are here. */
export const cutAtEdge = (text: string): string => `\u001b[?7l${text}\u001b[?7h`

/** From the row below the last to where the cursor is. */
const toCursor = ({ cursor, rows }: LiveArea): string =>
  // What is before it is written once more: the terminal knows best how wide that is.
  `${upBy(rows.length - 1 - cursor.row)}\r${cursor.before.text}`

const atEnd = ({ cursor, rows }: LiveArea): boolean =>
  cursor.row === rows.length - 1 && cursor.before.text === rows.at(-1)?.text

const write = (area: LiveArea, from: number, above = ""): string =>
  cutAtEdge(
    above +
      area.rows
        .slice(from)
        .map(({ text }) => text)
        .join("\r\n") +
      (atEnd(area) ? "" : toCursor(area))
  )

/**
 * Erases the row with the cursor and all below. A terminal that is asked to do that at its first row (`CSI J`) may take what
 * it shows for a screen that is over, and keep it with what has scrolled up, as tmux does: that row is erased by itself.
 */
const eraseBelow = "\r\u001b7\u001b[K\u001b[B\u001b[J\u001b8"

/** Erases so many rows above the cursor, its own, and all below. */
export const erase = (rowsAbove: number): string => `${upBy(rowsAbove)}${eraseBelow}`

/** What a terminal that shows one is to be sent so that it shows the other. */
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
  // The row where the cursor is to go may not be there yet.
  const from = Math.min(same, before.rows.length - 1, after.rows.length - 1)
  return `${byRows(from - before.cursor.row)}${eraseBelow}${write(after, from)}`
}

/** What a terminal is to be sent that shows one, so that it shows these rows, none of which it wraps, and the other below. */
export const below = (before: LiveArea | undefined, lines: string, after: LiveArea): string =>
  `${before === undefined ? "" : erase(before.cursor.row)}${lines}${write(after, 0)}`

/**
 * These rows on the whole of a screen, in place of what is there. Each is erased before it is written: behind a row that is
 * full, most terminals have the cursor on its last letter, and would erase that.
 */
export const screenful = (rows: ReadonlyArray<string>): string =>
  `\u001b[H${cutAtEdge(rows.map((row) => `\u001b[K${row}`).join("\r\n"))}`

/** Asks the terminal where the cursor is. */
export const askCursor = "\u001b[6n"

/** Whether it takes an answer to tell how a terminal that is now so wide has wrapped the row with the cursor. */
export const isDoubtful = ({ cursor }: LiveArea, columns: number): boolean => cursor.before.width >= columns

/**
 * How many rows the cursor is below the first when the terminal has wrapped them anew at so many columns. Most wrap the
 * row with the cursor too: then the cursor is in that column. Some leave it as it is.
 */
export const rowsAbove = ({ cursor, rows }: LiveArea, columns: number, column?: number): number =>
  rows.slice(0, cursor.row).reduce((sum, { width }) => sum + Math.max(1, Math.ceil(width / columns)), 0) +
  (column === cursor.before.width % columns ? Math.floor(cursor.before.width / columns) : 0)

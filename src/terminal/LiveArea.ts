/** The rows at the bottom of a terminal that change: pending lines, the status, and what is being typed. */

import { escape } from "../domain/ScreenLine.ts"
import { pendingCommand } from "../domain/SlashCommand.ts"
import type { Editor } from "./editor/State.ts"
import { fitting, isPlain, lettersOf, letterWidth, textWidth } from "./TextWidth.ts"

/** Stands before what is typed. */
export const prompt = "> "

/** Stands in its place before a marked line. As wide. */
const mark = "… "

/** Stands in its place before each further row. As wide. */
export const indent = "  "

/** No more pending lines than this stand there at a time. */
export const mostPending = 5

/** A typed line that no peer is known to have yet. */
export interface PendingLine {
  readonly text: string
  /** Whether it is shown as undelivered. */
  readonly marked: boolean
}

/** Text as a terminal shows it: what could act on it is visible. Further lines are set in; tabs are blanks. */
export const visible = (text: string): string =>
  text
    .split("\n")
    .map((line) => escape(line.replaceAll("\t", tab)))
    .join(`\n${indent}`)

const tab = "    "

/** A line of one's own, safe to show. */
export const ownLine = ({ marked, text }: PendingLine): string => `${marked ? mark : prompt}${visible(text)}`

/** Text that takes one row, and how many columns of it. What is there to colour it takes none. */
export interface Row {
  readonly text: string
  readonly width: number
}

/** Rows, and the one with the cursor, which stands after `before` in it. */
export interface LiveArea {
  readonly rows: ReadonlyArray<Row>
  readonly cursor: { readonly row: number; readonly before: Row }
}

export interface Scene {
  /** The last pending lines, and how many more there are. */
  readonly pending: ReadonlyArray<PendingLine>
  readonly hidden: number
  /** What is said between those and what is being typed; nothing if it is empty. */
  readonly status: Row
  readonly editor: Editor
  /** The terminal's size. */
  readonly columns: number
  readonly rows: number
}

interface Wrapped {
  readonly rows: ReadonlyArray<Row>
  /** Where the cursor is, if it is in this line. */
  readonly cursor?: { readonly row: number; readonly before: Row }
}

const rowOf = (text: string): Row => ({ text, width: textWidth(text) })

const append = (one: Row, text: string, width: number): Row => ({ text: one.text + text, width: one.width + width })

/** A line of which each letter takes one column, as most do. */
const wrapPlain = (line: string, first: string, room: number, cursor?: number): Wrapped => {
  const partAt = (start: number, end: number) => {
    const text = (start === 0 ? first : indent) + line.slice(start, end)
    return { text, width: text.length }
  }
  const rows: Array<Row> = []
  for (let start = 0; start < line.length || start === 0 || start === cursor; start += room) {
    rows.push(partAt(start, start + room))
  }
  if (cursor === undefined) return { rows }
  const row = Math.floor(cursor / room)
  return { rows, cursor: { row, before: partAt(row * room, cursor) } }
}

/** One line in rows of so many columns; the cursor is at that place of it, if there is one, and never beyond the last column. */
const wrap = (line: string, first: string, columns: number, cursor?: number): Wrapped => {
  const room = Math.max(columns, indent.length + 1)
  if (isPlain(line)) return wrapPlain(line, first, room - indent.length, cursor)
  const rows: Array<Row> = []
  let row = rowOf(first)
  let found: Wrapped["cursor"]
  let place = 0
  const begin = () => {
    rows.push(row)
    row = rowOf(indent)
  }
  for (const letter of lettersOf(line)) {
    const shown = letter === "\t" ? tab : escape(letter)
    // A mark that combines with a control character is shown behind it, and takes no column.
    const width = shown === letter ? letterWidth(letter) : textWidth(shown)
    if (row.width + width > room && row.width > indent.length) begin()
    if (cursor !== undefined && found === undefined && cursor < place + letter.length) {
      found = { row: rows.length, before: row }
    }
    // What is shown of a control character may be wider than a narrow terminal.
    const part = width > room - row.width ? fitting(shown, room - row.width) : shown
    row = append(row, part, part === shown ? width : textWidth(part))
    place += letter.length
  }
  if (cursor !== undefined && found === undefined) {
    if (row.width >= room) begin()
    found = { row: rows.length, before: row }
  }
  rows.push(row)
  return found === undefined ? { rows } : { rows, cursor: found }
}

/** What is being typed, as much of it around the cursor as fits into so many rows. */
const typedRows = ({ cursor, text }: Editor, columns: number, most: number): LiveArea => {
  const start = cursor === 0 ? 0 : text.lastIndexOf("\n", cursor - 1) + 1
  const beginning = (from: number) => (from === 0 ? prompt : indent)
  const endOf = (from: number) => {
    const end = text.indexOf("\n", from)
    return end === -1 ? text.length : end
  }
  const current = wrap(text.slice(start, endOf(start)), beginning(start), columns, cursor - start)
  const above: Array<Row> = []
  for (let end = start - 1; end >= 0 && above.length < most; ) {
    const from = end === 0 ? 0 : text.lastIndexOf("\n", end - 1) + 1
    above.unshift(...wrap(text.slice(from, end), beginning(from), columns).rows)
    end = from - 1
  }
  const below: Array<Row> = []
  for (let from = endOf(start) + 1; from <= text.length && below.length < most; from = endOf(from) + 1) {
    below.push(...wrap(text.slice(from, endOf(from)), indent, columns).rows)
  }
  const rows = [...above, ...current.rows, ...below]
  const row = above.length + (current.cursor?.row ?? 0)
  const top = Math.max(0, Math.min(row - Math.floor(most / 2), rows.length - most))
  return {
    rows: rows.slice(top, top + most),
    cursor: { row: row - top, before: current.cursor?.before ?? rowOf(prompt) }
  }
}

/** A pending line in rows; of a long one, its beginning. */
const rowsOfPending = ({ marked, text }: PendingLine, columns: number, most: number): ReadonlyArray<Row> => {
  // More than that can't be seen: letters take up to so many units a column.
  const room = columns * (most + 1) * 8
  const beginning = text.slice(0, room)
  const rows = beginning
    .split("\n")
    .flatMap((line, index) => wrap(line, index > 0 ? indent : marked ? mark : prompt, columns).rows)
  if (rows.length <= most && text.length <= room) return rows
  const kept = rows.slice(0, most)
  const last = kept.pop()
  return last === undefined ? [] : [...kept, rowOf(`${fitting(last.text, columns - 1)}…`)]
}

/** The last pending lines, as many as fit, the beginning of one at least; above them, how many more there are, if any. */
const pendingRows = ({ columns, hidden, pending }: Scene, most: number): ReadonlyArray<Row> => {
  const all = hidden + pending.length
  const count = (left: number): ReadonlyArray<Row> =>
    left === 0 ? [] : wrap(`and ${left} more above (${pendingCommand} lists them)`, mark, columns).rows
  let rows: ReadonlyArray<Row> = []
  let shown = 0
  for (const line of pending.toReversed()) {
    const above = count(all - shown - 1).length
    const more = [...rowsOfPending(line, columns, Math.max(1, most - above)), ...rows]
    if (shown > 0 && above + more.length > most) break
    rows = more
    shown += 1
  }
  const above = count(all - shown)
  return above.length + rows.length > most ? rows.slice(0, most) : [...above, ...rows]
}

/** All of it. It leaves a row of the terminal to what has scrolled up. */
export const liveArea = (scene: Scene): LiveArea => {
  const { columns, editor, rows, status } = scene
  const room = Math.max(1, rows - 1)
  const typed = typedRows(editor, columns, Math.max(1, Math.floor(room / 2)))
  const middle = status.text === "" || room - typed.rows.length < 2 ? [] : [status]
  const left = room - typed.rows.length - middle.length
  const above = pendingRows(scene, Math.min(left, Math.floor(rows / 2)))
  return {
    rows: [...above, ...middle, ...typed.rows],
    cursor: { row: above.length + middle.length + typed.cursor.row, before: typed.cursor.before }
  }
}

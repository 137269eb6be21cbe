/**
 * The live area, which is the bottom rows of a terminal that are redrawn: pending lines, the status, and the text being
 * typed.
 */

import { escape } from "../domain/Escape.ts"
import { mainRoom } from "../domain/Post.ts"
import { pendingCommand } from "../domain/SlashCommand.ts"
import type { Editor } from "./editor/State.ts"
import { indent, promptOf } from "./Prompt.ts"
import { fitting, isPlain, lettersOf, letterWidth, textWidth } from "./TextWidth.ts"

/** At most this many pending lines are shown at a time. */
export const mostPending = 5

/** A line that was typed here, and that no peer is known to have yet. */
export interface PendingLine {
  /** The room in which it was typed. */
  readonly room: string
  readonly text: string
  /** Whether it is shown as undelivered. */
  readonly marked: boolean
}

/**
 * Makes text safe for a terminal: control characters are escaped, tabs become spaces, and every line but the first is
 * indented.
 */
export const visible = (text: string): string =>
  isPlain(text)
    ? text
    : text
        .split("\n")
        .map((line) => escape(line.replaceAll("\t", tab)))
        .join(`\n${indent}`)

const tab = "    "

/** A line that was typed here, made safe to show. */
export const ownLine = ({ marked, room, text }: PendingLine): string => `${promptOf(room, marked)}${visible(text)}`

/** Text that takes one row, and how many columns it takes. Colour codes in the text take none. */
export interface Row {
  readonly text: string
  readonly width: number
}

/** The rows of the live area, and where the cursor is: its row, and the part of that row before it. */
export interface LiveArea {
  readonly rows: ReadonlyArray<Row>
  readonly cursor: { readonly row: number; readonly before: Row }
}

export interface Scene {
  /** The last pending lines, and how many earlier ones are not shown. */
  readonly pending: ReadonlyArray<PendingLine>
  readonly hidden: number
  /** The status row, between the pending lines and the text being typed. An empty text means no row. */
  readonly status: Row
  /** How far files are, above the status. */
  readonly progress: ReadonlyArray<Row>
  /** The room in which the text being typed will be said, and that text. */
  readonly room: string
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

/** Wraps a line in which each letter takes one column, as in most lines. */
const wrapPlain = (line: string, first: string, columns: number, cursor?: number): Wrapped => {
  const room = columns - indent.length
  // The first row has less room, as much as its prefix is wider than the others'.
  const less = first.length - indent.length
  const startOf = (row: number) => (row === 0 ? 0 : row * room - less)
  const partOf = (row: number, end: number) => {
    const text = (row === 0 ? first : indent) + line.slice(startOf(row), end)
    return { text, width: text.length }
  }
  const rows: Array<Row> = []
  for (let row = 0; row === 0 || startOf(row) < line.length || startOf(row) === cursor; row += 1) {
    rows.push(partOf(row, startOf(row + 1)))
  }
  if (cursor === undefined) return { rows }
  const row = Math.floor((cursor + less) / room)
  return { rows, cursor: { row, before: partOf(row, cursor) } }
}

/**
 * Wraps one line into rows of `columns` columns. `cursor` is an index in the line, if the cursor is in it; the cursor
 * never ends up beyond the last column.
 */
const wrap = (line: string, first: string, columns: number, cursor?: number): Wrapped => {
  const room = Math.max(columns, indent.length + 1)
  if (isPlain(line)) return wrapPlain(line, first, room, cursor)
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
    // A combining mark after a control character is shown after its escape, and takes no column.
    const width = shown === letter ? letterWidth(letter) : textWidth(shown)
    if (row.width + width > room && row.width > indent.length) begin()
    if (cursor !== undefined && found === undefined && cursor < place + letter.length) {
      found = { row: rows.length, before: row }
    }
    // The escape of a control character may be wider than a narrow terminal.
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

/** The text being typed: at most `most` rows of it, around the cursor. */
const typedRows = ({ columns, editor: { cursor, text }, room }: Scene, most: number): LiveArea => {
  const prompt = promptOf(room, false, columns)
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

/** A pending line in at most `most` rows. A longer one is cut, and ends in `…`. */
const rowsOfPending = (
  { marked, room: where, text }: PendingLine,
  columns: number,
  most: number
): ReadonlyArray<Row> => {
  const prompt = promptOf(where, marked, columns)
  // Text beyond this can't be visible: 8 UTF-16 units per column is more than letters take.
  const room = columns * (most + 1) * 8
  const beginning = text.slice(0, room)
  const rows = beginning.split("\n").flatMap((line, index) => wrap(line, index > 0 ? indent : prompt, columns).rows)
  if (rows.length <= most && text.length <= room) return rows
  const kept = rows.slice(0, most)
  const last = kept.pop()
  return last === undefined ? [] : [...kept, rowOf(`${fitting(last.text, columns - 1)}…`)]
}

/**
 * The last pending lines: as many as fit, and at least the beginning of the last. The first row says how many more
 * there are above, if any.
 */
const pendingRows = ({ columns, hidden, pending }: Scene, most: number): ReadonlyArray<Row> => {
  const all = hidden + pending.length
  const count = (left: number): ReadonlyArray<Row> =>
    left === 0
      ? []
      : wrap(`and ${left} more above (${pendingCommand} lists them)`, promptOf(mainRoom, true), columns).rows
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

/**
 * Lays out the whole live area. It leaves at least one row of the terminal to the lines above, except on a terminal of
 * one row.
 */
export const liveArea = (scene: Scene): LiveArea => {
  const { progress, rows, status } = scene
  const room = Math.max(1, rows - 1)
  const typed = typedRows(scene, Math.max(1, Math.floor(room / 2)))
  const middle = status.text === "" || room - typed.rows.length < 2 ? [] : [status]
  const left = room - typed.rows.length - middle.length
  // Pending lines come first: a row is left for them.
  const far = middle.length > 0 && progress.length < left ? progress : []
  const above = pendingRows(scene, Math.min(left - far.length, Math.floor(rows / 2)))
  return {
    rows: [...above, ...far, ...middle, ...typed.rows],
    cursor: { row: above.length + far.length + middle.length + typed.cursor.row, before: typed.cursor.before }
  }
}

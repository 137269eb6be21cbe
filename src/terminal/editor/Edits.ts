/** Edits of the text at the cursor. */
import { letterAfter, letterBefore } from "../TextWidth.ts"
import { type Editor, type Pressed, ring } from "./State.ts"

/** The longest text that the editor takes, in UTF-16 units. Nobody means to send a longer one. */
const mostTyped = 1_000_000

/** Inserts text, unless it would be too long. */
export const insert = (editor: Editor, piece: string): Pressed => {
  const { cursor, text } = editor
  if (text.length + piece.length > mostTyped) return ring(editor)
  return {
    editor: { ...editor, text: text.slice(0, cursor) + piece + text.slice(cursor), cursor: cursor + piece.length }
  }
}

const without = (editor: Editor, from: number, to: number): Editor => ({
  ...editor,
  text: editor.text.slice(0, from) + editor.text.slice(to),
  cursor: from
})

/** Removes what is between two places. */
export const erase = (editor: Editor, from: number, to: number): Pressed =>
  from === to ? ring(editor) : { editor: without(editor, from, to) }

/** Removes what is between two places, and keeps it for Ctrl-Y to insert. */
export const cut = (editor: Editor, from: number, to: number): Pressed =>
  from === to ? ring(editor) : { editor: { ...without(editor, from, to), cut: editor.text.slice(from, to) } }

/** Swaps the letters on both sides of the cursor; at the end, the last two. */
export const swap = (editor: Editor): Pressed => {
  const { cursor, text } = editor
  const middle = cursor === text.length ? letterBefore(text, cursor) : cursor
  const from = letterBefore(text, middle)
  const to = letterAfter(text, middle)
  if (from === middle || middle === to) return ring(editor)
  const swapped = text.slice(middle, to) + text.slice(from, middle)
  return { editor: { ...editor, text: text.slice(0, from) + swapped + text.slice(to), cursor: to } }
}

/**
 * Inserts pasted text. `whole`: it ended with a newline. Text that is pasted directly after such text begins on a new
 * line.
 */
export const paste = (editor: Editor, text: string, whole: boolean): Pressed => {
  const { act, editor: after } = insert(editor, editor.linesEnd === editor.cursor ? `\n${text}` : text)
  const pasted = { editor: whole ? { ...after, linesEnd: after.cursor } : after }
  return act === undefined ? pasted : { ...pasted, act }
}

/** Replaces what is between a place and the cursor. */
export const replaceFrom = (editor: Editor, from: number, text: string): Editor =>
  insert(without(editor, from, editor.cursor), text).editor

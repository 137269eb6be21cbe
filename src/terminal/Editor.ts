/** The line editor: what each key does to the text being typed. */
import type { Complete } from "./Completion.ts"
import { beginCompletion, choose } from "./editor/Completing.ts"
import { cut, erase, insert, paste, swap } from "./editor/Edits.ts"
import { recall, remember } from "./editor/History.ts"
import { inLine, isBlack, lineEnd, lineStart, wordAfter, wordBefore } from "./editor/Places.ts"
import { beginSearch, searching } from "./editor/Search.ts"
import { at, type Editor, empty, type Pressed, ring } from "./editor/State.ts"
import { rememberChange, undo } from "./editor/Undo.ts"
import type { Key } from "./Keys.ts"
import { letterAfter, letterBefore } from "./TextWidth.ts"

/** A message of more lines than this must be confirmed with a second Enter. */
const mostUnasked = 100

/** Whether a text has more lines than `most`. Counting stops there. */
const hasMoreLines = (text: string, most: number): boolean => {
  let lines = 1
  for (let at = text.indexOf("\n"); at !== -1 && lines <= most; at = text.indexOf("\n", at + 1)) lines += 1
  return lines > most
}

const up = (editor: Editor): Pressed => {
  const start = lineStart(editor)
  if (start === 0) return recall(editor, editor.place - 1)
  const above = lineStart({ ...editor, cursor: start - 1 })
  return at(editor, inLine(editor.text, above, editor.cursor - start))
}

const down = (editor: Editor): Pressed => {
  const end = lineEnd(editor)
  if (end === editor.text.length) return recall(editor, editor.place + 1)
  return at(editor, inLine(editor.text, end + 1, editor.cursor - lineStart(editor)))
}

const say = (editor: Editor): Pressed => {
  const { cut, history, text } = editor
  // An empty message is not sent.
  if (text === "") return { editor }
  if (editor.asked !== true && hasMoreLines(text, mostUnasked)) return { editor: { ...editor, asked: true } }
  const remembered = remember(history, text)
  return {
    editor: { ...empty, cut, history: remembered, place: remembered.length },
    act: { _tag: "Say", text }
  }
}

const deleteForward = (editor: Editor): Pressed => erase(editor, editor.cursor, letterAfter(editor.text, editor.cursor))

type Edit = (editor: Editor) => Pressed

const toLineStart: Edit = (editor) => at(editor, lineStart(editor))
const toLineEnd: Edit = (editor) => at(editor, lineEnd(editor))
const left: Edit = (editor) => at(editor, letterBefore(editor.text, editor.cursor))
const right: Edit = (editor) => at(editor, letterAfter(editor.text, editor.cursor))
const wordLeft: Edit = (editor) => at(editor, wordBefore(editor))
const wordRight: Edit = (editor) => at(editor, wordAfter(editor))
const cutWordBefore: Edit = (editor) => cut(editor, wordBefore(editor), editor.cursor)
const cutWordAfter: Edit = (editor) => cut(editor, editor.cursor, wordAfter(editor))

/** The key bindings of Emacs and shells. */
const edits: Readonly<Record<string, Edit>> = {
  left,
  "ctrl-b": left,
  right,
  "ctrl-f": right,
  up,
  "ctrl-p": up,
  down,
  "ctrl-n": down,
  home: toLineStart,
  "ctrl-a": toLineStart,
  end: toLineEnd,
  "ctrl-e": toLineEnd,
  "ctrl-home": (editor) => at(editor, 0),
  "ctrl-end": (editor) => at(editor, editor.text.length),
  "alt-<": (editor) => recall(editor, 0),
  "alt->": (editor) => recall(editor, editor.history.length),
  "page-up": (editor) => ({ editor, act: { _tag: "ReadBack" } }),
  "page-down": ring,
  "ctrl-left": wordLeft,
  "alt-left": wordLeft,
  "alt-b": wordLeft,
  "ctrl-right": wordRight,
  "alt-right": wordRight,
  "alt-f": wordRight,
  backspace: (editor) => erase(editor, letterBefore(editor.text, editor.cursor), editor.cursor),
  delete: deleteForward,
  "ctrl-d": (editor) => (editor.text === "" ? { editor, act: { _tag: "End" } } : deleteForward(editor)),
  "ctrl-w": (editor) => cut(editor, wordBefore(editor, isBlack), editor.cursor),
  "alt-backspace": cutWordBefore,
  "alt-d": cutWordAfter,
  "ctrl-delete": cutWordAfter,
  "ctrl-u": (editor) => cut(editor, lineStart(editor), editor.cursor),
  "ctrl-k": (editor) => cut(editor, editor.cursor, lineEnd(editor)),
  "ctrl-y": (editor) => insert(editor, editor.cut),
  "ctrl-t": swap,
  "alt-enter": (editor) => insert(editor, "\n"),
  enter: say,
  "ctrl-c": (editor) =>
    editor.text === ""
      ? { editor, act: { _tag: "Interrupt" } }
      : { editor: { ...editor, text: "", cursor: 0, place: editor.history.length, draft: "" } },
  "ctrl-z": (editor) => ({ editor, act: { _tag: "Suspend" } }),
  "ctrl-l": (editor) => ({ editor, act: { _tag: "Clear" } })
}

const obey = (editor: Editor, key: Key, complete: Complete): Pressed => {
  if (key._tag === "Focus" || key._tag === "CursorAt") return { editor }
  if (editor.search !== undefined) {
    return searching(editor, editor.search, key) ?? obey({ ...editor, search: undefined }, key, complete)
  }
  if (key._tag === "Text") return insert({ ...editor, menu: undefined }, key.text)
  if (key._tag === "Paste") return paste({ ...editor, menu: undefined }, key.text, key.whole)
  if (key.name === "tab" || key.name === "shift-tab") {
    return editor.menu === undefined
      ? beginCompletion(editor, complete)
      : choose(editor, editor.menu, key.name === "tab" ? 1 : -1)
  }
  const plain = editor.menu === undefined ? editor : { ...editor, menu: undefined }
  if (key.name === "ctrl-r") return beginSearch(plain)
  return edits[key.name]?.(plain) ?? { editor: plain }
}

/** Handles a key: returns the new state of the editor, and what the key asks of the program. */
export const press = (editor: Editor, key: Key, complete: Complete): Pressed => {
  if (key._tag === "Focus" || key._tag === "CursorAt") return { editor }
  const name = key._tag === "Press" ? key.name : ""
  if (name === "ctrl-_") return undo(editor)
  const { act, editor: obeyed } = obey(name === "enter" ? editor : { ...editor, asked: false }, key, complete)
  const after = key._tag === "Paste" ? obeyed : { ...obeyed, linesEnd: undefined }
  const types = key._tag === "Text" && after.search === undefined
  const before = editor.search?.before ?? editor
  const isChange = after.search === undefined && after.text !== before.text && act?._tag !== "Say"
  const changed = isChange && !(types && editor.types === true)
  const pressed = {
    editor: { ...after, types, changes: changed ? rememberChange(after.changes, before) : after.changes }
  }
  return act === undefined ? pressed : { ...pressed, act }
}

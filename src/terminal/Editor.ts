/** What is being typed, and what each key does to it. */
import type { Complete, Completions } from "./Completion.ts"
import type { Key } from "./Keys.ts"
import { letterAfter, letterBefore } from "./TextWidth.ts"

interface Typing {
  readonly text: string
  /** Between 0 and the length of the text, never inside a pair of surrogates. */
  readonly cursor: number
}

/** What is looked for in history, up to where, and what to go back to. */
interface Search {
  readonly query: string
  /** Whether there is none; the text is what was found before. */
  readonly missed: boolean
  readonly place: number
  readonly before: Editor
}

export interface Editor extends Typing {
  /** What was said before, oldest first. */
  readonly history: ReadonlyArray<string>
  /** Which of those is shown; their number if none is. */
  readonly place: number
  /** What was being typed before one of those was shown. */
  readonly draft: string
  /** What was cut last. */
  readonly cut: string
  /** What the text was before its last changes, oldest first. */
  readonly changes: ReadonlyArray<Typing>
  /** Whether the last key was a letter: those that follow it are the same change. */
  readonly types?: boolean
  /** Where the end of whole lines is that were pasted just now. */
  readonly linesEnd?: number | undefined
  /** Whether it was asked if so much is to be said. */
  readonly asked?: boolean
  readonly search?: Search | undefined
  /** What Tab chooses among; `chosen` is -1 until one is. */
  readonly menu?: (Completions & { readonly chosen: number }) | undefined
}

export const empty: Editor = { text: "", cursor: 0, history: [], place: 0, draft: "", cut: "", changes: [] }

/** What a key does beyond the text. */
export type Act =
  /** The text is done. */
  | { readonly _tag: "Say"; readonly text: string }
  /** Nothing is typed any more. */
  | { readonly _tag: "End" }
  | { readonly _tag: "Interrupt" }
  | { readonly _tag: "Suspend" }
  /** The screen is to be drawn anew, as if it were empty. */
  | { readonly _tag: "Clear" }
  /** What was shown is to be read back. */
  | { readonly _tag: "ReadBack" }
  /** The key does nothing here. */
  | { readonly _tag: "Ring" }

export interface Pressed {
  readonly editor: Editor
  readonly act?: Act
}

/** So many lines are remembered, and no more than so many UTF-16 units of them. */
const mostLines = 500
const mostRemembered = 1_000_000

/** A message of more lines than that is asked about. */
const mostUnasked = 100

/** How many lines a text has, as far as it matters. */
const hasMoreLines = (text: string, most: number): boolean => {
  let lines = 1
  for (let at = text.indexOf("\n"); at !== -1 && lines <= most; at = text.indexOf("\n", at + 1)) lines += 1
  return lines > most
}

/** No more than so many UTF-16 units are taken: nobody means to say it. */
const mostTyped = 1_000_000

const remember = (history: ReadonlyArray<string>, text: string): ReadonlyArray<string> => {
  if (text.trim() === "" || history.at(-1) === text) return history
  const lines = [...history.slice(1 - mostLines), text]
  let kept = text.length
  let from = lines.length - 1
  for (; from > 0; from -= 1) {
    kept += lines[from - 1]?.length ?? 0
    if (kept > mostRemembered) break
  }
  return lines.slice(from)
}

const ring = (editor: Editor): Pressed => ({ editor, act: { _tag: "Ring" } })

const at = (editor: Editor, cursor: number): Pressed => ({ editor: { ...editor, cursor } })

const insert = (editor: Editor, piece: string): Pressed => {
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

const erase = (editor: Editor, from: number, to: number): Pressed =>
  from === to ? ring(editor) : { editor: without(editor, from, to) }

const cut = (editor: Editor, from: number, to: number): Pressed =>
  from === to ? ring(editor) : { editor: { ...without(editor, from, to), cut: editor.text.slice(from, to) } }

const isWordy = (letter: string): boolean => /[\p{L}\p{N}\p{M}_]/u.test(letter)
const isBlack = (letter: string): boolean => /\S/.test(letter)

/** Where the word before the cursor begins, after what is between it and the cursor. */
const wordBefore = ({ cursor, text }: Typing, belongs = isWordy): number => {
  let place = cursor
  const letter = () => text.slice(letterBefore(text, place), place)
  while (place > 0 && !belongs(letter())) place = letterBefore(text, place)
  while (place > 0 && belongs(letter())) place = letterBefore(text, place)
  return place
}

/** Where the word at the cursor, or the next, ends. */
const wordAfter = ({ cursor, text }: Typing): number => {
  let place = cursor
  const letter = () => text.slice(place, letterAfter(text, place))
  while (place < text.length && !isWordy(letter())) place = letterAfter(text, place)
  while (place < text.length && isWordy(letter())) place = letterAfter(text, place)
  return place
}

const lineStart = ({ cursor, text }: Typing): number => (cursor === 0 ? 0 : text.lastIndexOf("\n", cursor - 1) + 1)

const lineEnd = ({ cursor, text }: Typing): number => {
  const end = text.indexOf("\n", cursor)
  return end === -1 ? text.length : end
}

/** Shows a line of history, or what was being typed if there is none at that place. */
const recall = (editor: Editor, place: number): Pressed => {
  const { draft, history, text } = editor
  if (place < 0 || place > history.length) return ring(editor)
  const shown = history[place] ?? draft
  return {
    editor: {
      ...editor,
      place,
      draft: editor.place === history.length ? text : draft,
      text: shown,
      cursor: shown.length
    }
  }
}

/** As near as can be to that place in its line. */
const inLine = (text: string, start: number, distance: number): number => {
  const end = lineEnd({ text, cursor: start })
  const place = Math.min(start + distance, end)
  return letterAfter(text, letterBefore(text, place)) === place || place === start ? place : letterBefore(text, place)
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

/** Swaps the letters on both sides of the cursor; at the end, the last two. */
const swap = (editor: Editor): Pressed => {
  const { cursor, text } = editor
  const middle = cursor === text.length ? letterBefore(text, cursor) : cursor
  const from = letterBefore(text, middle)
  const to = letterAfter(text, middle)
  if (from === middle || middle === to) return ring(editor)
  const swapped = text.slice(middle, to) + text.slice(from, middle)
  return { editor: { ...editor, text: text.slice(0, from) + swapped + text.slice(to), cursor: to } }
}

const say = (editor: Editor): Pressed => {
  const { cut, history, text } = editor
  // It would be nobody's, and leave an empty row.
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

/** Keys as in Emacs and in shells. */
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

/** Shows the newest line of history up to that place which has what is looked for; rings if there is none. */
const seek = (editor: Editor, query: string, search: Search, from: number): Pressed => {
  const { before } = search
  const wanted = query.toLowerCase()
  if (query === "") return { editor: { ...before, search: { ...search, query, missed: false } } }
  for (let place = from; place >= 0; place -= 1) {
    const text = before.history[place] ?? ""
    const found = text.toLowerCase().indexOf(wanted)
    if (found === -1) continue
    const draft = before.place === before.history.length ? before.text : before.draft
    const cursor = Math.min(found, text.length)
    return { editor: { ...before, text, cursor, place, draft, search: { query, missed: false, place, before } } }
  }
  return ring({ ...editor, search: { ...search, query, missed: true } })
}

const beginSearch: Edit = (editor) => ({
  editor: { ...editor, search: { query: "", missed: false, place: editor.history.length - 1, before: editor } }
})

/** A key while something is looked for. */
const searching = (editor: Editor, search: Search, key: Key, complete: Complete): Pressed => {
  const { before, place, query } = search
  if (key._tag === "Text") return seek(editor, query + key.text, search, place)
  const name = key._tag === "Press" ? key.name : ""
  switch (name) {
    case "ctrl-r":
      return seek(editor, query, search, place - 1)
    case "backspace":
      return seek(editor, query.slice(0, letterBefore(query, query.length)), search, before.history.length - 1)
    case "escape":
    case "ctrl-g":
    case "ctrl-c":
      return { editor: before }
    case "enter":
      return { editor: { ...editor, search: undefined } }
    default:
      return obey({ ...editor, search: undefined }, key, complete)
  }
}

const commonBeginning = (texts: ReadonlyArray<string>): string =>
  texts.reduce((common, text) => {
    let length = 0
    while (length < common.length && common[length] === text[length]) length += 1
    return common.slice(0, length)
  })

const replaceFrom = (editor: Editor, from: number, text: string): Editor =>
  insert(without(editor, from, editor.cursor), text).editor

/** Goes on with what was begun, as far as there is but one way; then Tab goes through the ways. */
const beginCompletion = (editor: Editor, complete: Complete): Pressed => {
  const { candidates, from } = complete(editor.text, editor.cursor)
  const [only, ...others] = candidates
  if (only === undefined) return ring(editor)
  if (others.length === 0) return { editor: replaceFrom(editor, from, only.text) }
  const begun = editor.text.slice(from, editor.cursor)
  const common = commonBeginning(candidates.map(({ text }) => text))
  const longer = common.length > begun.length ? replaceFrom(editor, from, common) : editor
  return { editor: { ...longer, menu: { from, candidates, chosen: -1 } } }
}

const choose = (editor: Editor, menu: NonNullable<Editor["menu"]>, step: number): Pressed => {
  const count = menu.candidates.length
  const chosen = menu.chosen === -1 && step < 0 ? count - 1 : (menu.chosen + step + count) % count
  return {
    editor: { ...replaceFrom(editor, menu.from, menu.candidates[chosen]?.text ?? ""), menu: { ...menu, chosen } }
  }
}

/** Two pastes of whole lines are the lines of both. */
const paste = (editor: Editor, text: string, whole: boolean): Pressed => {
  const { act, editor: after } = insert(editor, editor.linesEnd === editor.cursor ? `\n${text}` : text)
  const pasted = { editor: whole ? { ...after, linesEnd: after.cursor } : after }
  return act === undefined ? pasted : { ...pasted, act }
}

const obey = (editor: Editor, key: Key, complete: Complete): Pressed => {
  if (key._tag === "Focus" || key._tag === "CursorAt") return { editor }
  if (editor.search !== undefined) return searching(editor, editor.search, key, complete)
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

/** So many changes can be undone, and no more than so many UTF-16 units of them are kept. */
const mostChanges = 200

const undo = ({ changes, ...editor }: Editor): Pressed => {
  const last = changes.at(-1)
  const plain = { ...editor, menu: undefined, search: undefined, types: false }
  if (last === undefined) return ring({ ...plain, changes })
  return { editor: { ...plain, text: last.text, cursor: last.cursor, changes: changes.slice(0, -1) } }
}

const rememberChange = (changes: ReadonlyArray<Typing>, { cursor, text }: Typing): ReadonlyArray<Typing> => {
  const all = [...changes.slice(1 - mostChanges), { text, cursor }]
  let kept = 0
  let from = all.length
  while (from > 0 && kept + (all[from - 1]?.text.length ?? 0) <= mostRemembered) {
    from -= 1
    kept += all[from]?.text.length ?? 0
  }
  return all.slice(from)
}

/** What becomes of the text when that key is pressed. */
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

/** Searches the history for the newest line that contains what is typed. */
import type { Key } from "../Keys.ts"
import { letterBefore } from "../TextWidth.ts"
import { type Editor, type Pressed, ring, type Search } from "./State.ts"

/** Shows the newest line of history, up to a place, that contains the query; rings if there is none. */
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

/** Begins a search in all of the history. */
export const beginSearch = (editor: Editor): Pressed => ({
  editor: { ...editor, search: { query: "", missed: false, place: editor.history.length - 1, before: editor } }
})

/** Handles a key during a search. Returns undefined if the key ends the search, and must then be handled as usual. */
export const searching = (editor: Editor, search: Search, key: Key): Pressed | undefined => {
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
      return undefined
  }
}

/** The rooms of one terminal's editor: each has its own draft, and its own lines that were sent. Mutable: one console owns it. */
import { mainRoom } from "../domain/Post.ts"
import { insert } from "./editor/Edits.ts"
import { type Editor, empty } from "./editor/State.ts"

/** No more rooms than this are remembered: many more than one person can be in. */
const mostRooms = 200

/** The editor without what ends when something else is done: a search, a menu, a question. */
const atRest = ({ search, ...editor }: Editor): Editor => ({
  ...(search?.before ?? editor),
  menu: undefined,
  search: undefined,
  linesEnd: undefined,
  asked: false,
  types: false
})

export class Drafts {
  #room: string = mainRoom
  /** The editor of the room. */
  editor: Editor = empty
  /** The editors of the other rooms, the one left last behind all others. */
  readonly #others = new Map<string, Editor>()

  get room(): string {
    return this.#room
  }

  /**
   * Shows the draft of another room, in place of this one's. What was cut can be pasted there. `along`: what was typed
   * since was meant for the other room, so it goes where the cursor is there.
   */
  move(room: string, along: boolean): void {
    if (room === this.#room) return
    const here = atRest(this.editor)
    const there = { ...(this.#others.get(room) ?? empty), cut: here.cut }
    const comes = along && here.text !== ""
    this.#others.delete(room)
    this.#others.set(this.#room, comes ? { ...here, text: "", cursor: 0 } : here)
    for (const oldest of this.#others.keys()) {
      if (this.#others.size <= mostRooms) break
      this.#others.delete(oldest)
    }
    this.#room = room
    this.editor = comes ? insert(there, here.text).editor : there
  }

  /** Makes a text the draft of a room, unless there is one. The text can still be recalled there. */
  giveBack(text: string, room: string): void {
    const editor = room === this.#room ? this.editor : (this.#others.get(room) ?? empty)
    if (editor.text !== "") return
    const given = { ...editor, text, cursor: text.length }
    if (room === this.#room) this.editor = given
    else this.#others.set(room, given)
  }
}

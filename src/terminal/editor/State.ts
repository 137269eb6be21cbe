/** The state of the line editor, and the acts that a key can ask of the program. */
import type { Completions } from "../Completion.ts"

/** A text with a cursor in it. */
export interface Typing {
  readonly text: string
  /** An index into the text, from 0 to its length, never inside a surrogate pair. */
  readonly cursor: number
}

/** A search in the history: the query, the place where it was found last, and the editor to return to. */
export interface Search {
  readonly query: string
  /** Whether nothing was found. The text then still shows the last match. */
  readonly missed: boolean
  readonly place: number
  readonly before: Editor
}

export interface Editor extends Typing {
  /** Lines that were sent before, oldest first. */
  readonly history: ReadonlyArray<string>
  /** Index of the line of history that is shown; the length of the history if none is. */
  readonly place: number
  /** The text that was being typed before a line of history was shown. */
  readonly draft: string
  /** The text that was cut last, for Ctrl-Y. */
  readonly cut: string
  /** The states to go back to with undo, oldest first. */
  readonly changes: ReadonlyArray<Typing>
  /** Whether the last key was a letter. Letters typed in a row are one change for undo. */
  readonly types?: boolean
  /** The end of text that was pasted just now and that ended with a newline. */
  readonly linesEnd?: number | undefined
  /** Whether the person was asked to confirm sending this many lines. */
  readonly asked?: boolean
  readonly search?: Search | undefined
  /** The menu of Tab's candidates. `chosen` is an index, or -1 until one is chosen. */
  readonly menu?: (Completions & { readonly chosen: number }) | undefined
}

export const empty: Editor = { text: "", cursor: 0, history: [], place: 0, draft: "", cut: "", changes: [] }

/** What a key asks for besides a change of the text. */
export type Act =
  /** Send the text. */
  | { readonly _tag: "Say"; readonly text: string }
  /** End the input. */
  | { readonly _tag: "End" }
  | { readonly _tag: "Interrupt" }
  | { readonly _tag: "Suspend" }
  /** Draw on an empty screen. */
  | { readonly _tag: "Clear" }
  /** Open the pager, to read back what was shown. */
  | { readonly _tag: "ReadBack" }
  /** Look up the files that complete what was begun, and then complete it. */
  | { readonly _tag: "LookUp"; readonly completions: Completions }
  /** Ring the bell: the key does nothing here. */
  | { readonly _tag: "Ring" }

export interface Pressed {
  readonly editor: Editor
  readonly act?: Act
}

/** Changes nothing, and rings the bell. */
export const ring = (editor: Editor): Pressed => ({ editor, act: { _tag: "Ring" } })

/** Moves the cursor. */
export const at = (editor: Editor, cursor: number): Pressed => ({ editor: { ...editor, cursor } })

/** How much text is kept, in UTF-16 units: this much history, and this much for undo. */
export const mostRemembered = 1_000_000

/** The state of the line editor, and what a key asks for beyond it. */
import type { Completions } from "../Completion.ts"

/** A text with a cursor in it. */
export interface Typing {
  readonly text: string
  /** Between 0 and the length of the text, never inside a pair of surrogates. */
  readonly cursor: number
}

/** A search in history: what is looked for, where it was found last, and what to go back to. */
export interface Search {
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

/** Does nothing but ring. */
export const ring = (editor: Editor): Pressed => ({ editor, act: { _tag: "Ring" } })

/** Moves the cursor. */
export const at = (editor: Editor, cursor: number): Pressed => ({ editor: { ...editor, cursor } })

/** No more than so many UTF-16 units are kept, each, of what was said and of what the text was before. */
export const mostRemembered = 1_000_000

/** What Tab does: completes a word, or steps through the candidates for it. */
import type { Complete } from "../Completion.ts"
import { replaceFrom } from "./Edits.ts"
import { type Editor, type Pressed, ring } from "./State.ts"

const commonBeginning = (texts: ReadonlyArray<string>): string =>
  texts.reduce((common, text) => {
    let length = 0
    while (length < common.length && common[length] === text[length]) length += 1
    return common.slice(0, length)
  })

/**
 * Completes a word as far as all candidates agree. If there are several, it opens the menu with them. Rings if there
 * are none. A file is looked up first.
 */
export const beginCompletion = (editor: Editor, complete: Complete): Pressed => {
  const completions = complete(editor.text, editor.cursor)
  if (completions.file !== undefined) return { editor, act: { _tag: "LookUp", completions } }
  const { candidates, from } = completions
  const [only, ...others] = candidates
  if (only === undefined) return ring(editor)
  if (others.length === 0) return { editor: replaceFrom(editor, from, only.text) }
  const begun = editor.text.slice(from, editor.cursor)
  const common = commonBeginning(candidates.map(({ text }) => text))
  const longer = common.length > begun.length ? replaceFrom(editor, from, common) : editor
  return { editor: { ...longer, menu: { from, candidates, chosen: -1 } } }
}

/** Chooses another candidate of the menu. `step`: 1 for the next, -1 for the previous. */
export const choose = (editor: Editor, menu: NonNullable<Editor["menu"]>, step: number): Pressed => {
  const count = menu.candidates.length
  const chosen = menu.chosen === -1 && step < 0 ? count - 1 : (menu.chosen + step + count) % count
  return {
    editor: { ...replaceFrom(editor, menu.from, menu.candidates[chosen]?.text ?? ""), menu: { ...menu, chosen } }
  }
}

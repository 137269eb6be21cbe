/** The history of the editor: lines that were sent before and can be recalled. */
import { type Editor, mostRemembered, type Pressed, ring } from "./State.ts"

/** No more lines than this are remembered. */
const mostLines = 500

/** Adds a line to the history, unless it is blank or the same as the last one. */
export const remember = (history: ReadonlyArray<string>, text: string): ReadonlyArray<string> => {
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

/** Shows a line of history, or the draft if `place` is behind the last line. Rings if there is no such place. */
export const recall = (editor: Editor, place: number): Pressed => {
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

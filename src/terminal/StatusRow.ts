/**
 * The row above the text being typed: Tab's candidates, the search, the number of lines of a message, or the status.
 */
import { escape } from "../domain/Escape.ts"
import { dim, type Looks } from "./Chronicle.ts"
import type { Editor } from "./editor/State.ts"
import type { Row } from "./LiveArea.ts"
import { fitting, textWidth } from "./TextWidth.ts"

const searchInWords = ({ missed, query }: NonNullable<Editor["search"]>): string =>
  `── ${missed ? "not found" : "search"}: ${query}`

/** The candidates of the menu, beginning with the chosen one. */
const menuInWords = ({ candidates, chosen }: NonNullable<Editor["menu"]>): string =>
  `── ${candidates
    .slice(Math.max(0, chosen))
    .map(({ label, text }, index) => (index === 0 && chosen >= 0 ? `[${label ?? text}]` : (label ?? text)))
    .join("  ")}`

/** Lines are counted up to this number. */
const mostCounted = 1_000

/** The row's text in forms of decreasing length. `status`: the forms of the status. */
const formsOf = ({ asked, menu, search, text }: Editor, status: ReadonlyArray<string>): ReadonlyArray<string> => {
  if (menu !== undefined) return [escape(menuInWords(menu))]
  if (search !== undefined) return [escape(searchInWords(search))]
  const count = text.split("\n", mostCounted).length
  const lines = count === mostCounted ? "1,000 or more lines" : `${count} lines`
  if (asked) return [`── ${lines} in one message: Enter again sends it`, `── ${lines}: Enter again sends it`]
  if (count === 1) return status
  return status.map((form, index) => `${form} · ${lines}${index === 0 ? " in one message" : ""}`)
}

/** The status row: the first form that fits. If none fits, the beginning of the last. */
export const statusRow = (editor: Editor, status: ReadonlyArray<string>, columns: number, looks: Looks): Row => {
  const forms = formsOf(editor, status)
  const whole = forms.find((form) => textWidth(form) <= columns) ?? forms.at(-1) ?? ""
  const text = textWidth(whole) <= columns ? whole : `${fitting(whole, columns - 1)}…`
  return { text: text === "" ? "" : dim(looks, text), width: textWidth(text) }
}

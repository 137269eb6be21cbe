/** Formats lines for people, so that a post can't be mistaken for an event. */
import { deedMark } from "../domain/Action.ts"
import { escape } from "../domain/Escape.ts"
import type { ScreenLine } from "../domain/ScreenLine.ts"
import { visible } from "./LiveArea.ts"
import { isPlain } from "./TextWidth.ts"
import { rowsOf } from "./Wrap.ts"

/** The words with which the screen reports that a node comes or goes. */
const events = new Set(["initiated", "reconnected", "terminated"])

/** Characters that look like a letter of those words, and that letter. */
const lookalikes: Readonly<Record<string, string>> = {
  "0": "o",
  "1": "i",
  l: "i",
  "|": "i",
  ı: "i",
  ɩ: "i",
  ι: "i",
  і: "i",
  ӏ: "i",
  а: "a",
  α: "a",
  ɑ: "a",
  е: "e",
  ε: "e",
  с: "c",
  ϲ: "c",
  ԁ: "d",
  м: "m",
  п: "n",
  ո: "n",
  η: "n",
  о: "o",
  ο: "o",
  օ: "o",
  г: "r",
  т: "t",
  τ: "t"
}

/** Reduces a text to its letters and digits, each replaced by the plain letter that it looks like. */
const skeleton = (text: string): string =>
  text
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}|]/gu, "")
    .replace(/./gu, (letter) => lookalikes[letter] ?? letter)
    .replaceAll("rn", "m")

/** A longer text can't be mistaken for an event. In UTF-16 units. */
const longestEvent = 40

/**
 * How a text of printable ASCII begins and ends that reduces to one of those words. Nearly all texts do not, and are not
 * reduced.
 */
const likely = /^[^a-z0-9|]*[irt1l|].*d[^a-z0-9|]*$/i

const isLikeEvent = (text: string): boolean =>
  text.trim().length <= longestEvent && (!isPlain(text) || likely.test(text)) && events.has(skeleton(text))

/**
 * Formats a line as rows of at most `columns` columns. The text of a post is quoted if all of it, or its first row,
 * could be mistaken for an event. A deed (what somebody does) begins with a dot, which no notice has.
 */
export const rowsToRead = (line: ScreenLine, columns: number): ReadonlyArray<string> => {
  if (line.post === undefined) return rowsOf(line.text, columns)
  const text = visible(line.post.text)
  const heading = line.text.slice(0, line.text.length - escape(line.post.text).length)
  if (!heading.endsWith(": ")) return rowsOf(`${heading.trimEnd()}${deedMark}${text}`, columns)
  const rows = rowsOf(heading + text, columns)
  const [first = ""] = rows
  const isQuoted = isLikeEvent(text) || (rows.length > 1 && isLikeEvent(first.slice(heading.length)))
  return isQuoted ? rowsOf(`${heading}"${text}"`, columns) : rows
}

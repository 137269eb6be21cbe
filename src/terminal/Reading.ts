/** Lines as people read them: what somebody says or does looks different from what has happened. */
import { deedMark } from "../domain/Action.ts"
import { escape, type ScreenLine } from "../domain/ScreenLine.ts"
import { visible } from "./LiveArea.ts"
import { rowsOf } from "./Wrap.ts"

/** What the screen says of those who come and go. */
const events = new Set(["initiated", "reconnected", "terminated"])

/** Letters that look like these. */
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

/** The letters alone, each as the plain one that it looks like. */
const skeleton = (text: string): string =>
  text
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}|]/gu, "")
    .replace(/./gu, (letter) => lookalikes[letter] ?? letter)
    .replaceAll("rn", "m")

/** No text that can pass for an event is longer, in UTF-16 units. */
const longestEvent = 40

const isLikeEvent = (text: string): boolean => text.trim().length <= longestEvent && events.has(skeleton(text))

/**
 * A line in rows of so many columns. What is said is in quotation marks if it, or its first row, could pass for something
 * that has happened; what somebody does has a dot before it, as no notice has.
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

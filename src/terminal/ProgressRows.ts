/** The rows that say how far files are: one for each of a few, or one for all. */

import { percentOf, rateInWords, timeLeft } from "../domain/Amounts.ts"
import { escape } from "../domain/Escape.ts"
import type { Progress } from "../domain/Progress.ts"
import { dim, type Looks } from "./Chronicle.ts"
import type { Row } from "./LiveArea.ts"
import { fitting, lettersOf, textWidth } from "./TextWidth.ts"

/** At most this many rows, on a terminal with at least so many. On a lower one there is one row. */
const mostRows = 3
const highEnough = 16

/** A name that is shortened further says nothing any more. */
const shortestName = 12

/** A name in so many columns. What is left out is in the middle: the end says what kind of file it is. */
const shortened = (name: string, columns: number): string => {
  if (textWidth(name) <= columns) return name
  let end = ""
  for (const letter of [...lettersOf(name)].reverse()) {
    if (textWidth(letter + end) > Math.floor((columns - 1) / 2)) break
    end = letter + end
  }
  return `${fitting(name, Math.max(0, columns - 1 - textWidth(end)))}…${end}`
}

/** What is said of it behind its name, the most important first. */
const partsOf = ({ bytes, from, of, rate }: Progress): ReadonlyArray<string> => {
  const far = `${percentOf(bytes, of)} %`
  if (from === undefined) return [`${far} read`]
  const sources = from === 0 ? undefined : `from ${from} ${from === 1 ? "peer" : "peers"}`
  return [far, rateInWords(rate), timeLeft(of - bytes, rate), sources].filter((part) => part !== undefined)
}

const inWords = (name: string, parts: ReadonlyArray<string>): string => `── ${[name, ...parts].join(" · ")}`

/** As much as fits: what matters least is left out first, and the name is shortened before its percents are. */
const inOneRow = (progress: Progress, columns: number): string => {
  const name = escape(progress.name)
  const parts = partsOf(progress)
  for (let count = parts.length; count > 0; count -= 1) {
    const shown = parts.slice(0, count)
    const room = columns - textWidth(inWords("", shown))
    if (room >= Math.min(textWidth(name), shortestName)) return inWords(shortened(name, room), shown)
  }
  return fitting(inWords(name, []), columns)
}

/** All of them as if they were one. */
const together = (all: ReadonlyArray<Progress>): Progress => {
  const sum = (of: (each: Progress) => number): number => all.reduce((before, each) => before + of(each), 0)
  return {
    name: `${all.length} files`,
    bytes: sum(({ bytes }) => bytes),
    of: sum(({ of }) => of),
    rate: sum(({ rate }) => rate),
    from: all.every(({ from }) => from === undefined) ? undefined : 0
  }
}

/** The rows for a terminal of that size. */
export const progressRows = (
  all: ReadonlyArray<Progress>,
  { columns, rows }: { readonly columns: number; readonly rows: number },
  looks: Looks
): ReadonlyArray<Row> => {
  const most = rows >= highEnough ? mostRows : 1
  const shown = all.length > most ? [together(all)] : all
  return shown.map((each) => {
    const text = inOneRow(each, columns)
    return { text: dim(looks, text), width: textWidth(text) }
  })
}

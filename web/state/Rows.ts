/** The lines of a window as rows: days, the mark of what is new, and lines that follow others of their author. */
import type { Line, Notice, Said, Window } from "./Window.ts"
import { keyOf, nameOf } from "./Window.ts"

export type Row =
  | { readonly _tag: "Day"; readonly key: string; readonly at: number }
  | { readonly _tag: "New"; readonly key: string }
  /** `isFirst`: the author stands above it; otherwise it follows a line of the same author. */
  | { readonly _tag: "Line"; readonly key: string; readonly line: Said; readonly isFirst: boolean }
  | { readonly _tag: "Notice"; readonly key: string; readonly line: Notice }

/** Lines of one author stand together if no more than this time is between them, in ms. */
const pause = 5 * 60_000

const dayOf = (at: number): string => new Date(at).toDateString()

const isSameDay = (one: number, other: number): boolean =>
  // No clock is asked within the same minute: most lines follow each other.
  Math.floor(one / 60_000) === Math.floor(other / 60_000) || dayOf(one) === dayOf(other)

const follows = (line: Said, before: Line | undefined): boolean =>
  before?._tag === "Said" &&
  before.from === line.from &&
  !isApart(before) &&
  !isApart(line) &&
  Math.abs(line.at - before.at) < pause

/** Whether a line names its author itself: an action, a topic. */
const isApart = ({ action, topic }: Said): boolean => action === true || topic === true

export const rowsOf = ({ firstNew, lines }: Pick<Window, "firstNew" | "lines">): ReadonlyArray<Row> => {
  const rows: Array<Row> = []
  let before: Line | undefined
  for (const line of lines) {
    const key = keyOf(line)
    const isNewDay = before === undefined || !isSameDay(before.at, line.at)
    const isNew = firstNew !== undefined && line._tag === "Said" && nameOf(line) === firstNew
    if (isNewDay) rows.push({ _tag: "Day", key: `day before ${key}`, at: line.at })
    if (isNew) rows.push({ _tag: "New", key: "new" })
    rows.push(
      line._tag === "Notice"
        ? { _tag: "Notice", key, line }
        : { _tag: "Line", key, line, isFirst: isNewDay || isNew || !follows(line, before) }
    )
    before = line
  }
  return rows
}

/** Writes dates in English. A formatter takes 10 ms to make: it is made when a date is written first. */
export const dates = (form: Intl.DateTimeFormatOptions): ((at: number) => string) => {
  let made: Intl.DateTimeFormat | undefined
  return (at) => {
    made ??= new Intl.DateTimeFormat("en-GB", form)
    return made.format(at)
  }
}

const inFull = dates({ weekday: "long", day: "numeric", month: "long", year: "numeric" })

/** A day as people call it now. */
export const dayInWords = (at: number, now: number): string => {
  const yesterday = new Date(now)
  yesterday.setDate(yesterday.getDate() - 1)
  if (dayOf(at) === dayOf(now)) return "Today"
  return dayOf(at) === yesterday.toDateString() ? "Yesterday" : inFull(at)
}

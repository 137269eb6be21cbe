/** The pager: reads back what a terminal has shown, a screen at a time. */

import type { Key } from "./Keys.ts"
import { fitting, textWidth } from "./TextWidth.ts"

/** At most this many rows are kept in the pager. */
const mostRows = 50_000

/** What the pager shows: its rows as they are sent to the terminal, and the index of the first one on the screen. */
export interface Pager {
  readonly rows: ReadonlyArray<string>
  readonly top: number
  /** How many lines have come since reading began. */
  readonly fresh: number
}

/** Opens the pager one screen above the end, with one row of overlap. `height`: how many rows are shown at a time. */
export const open = (rows: ReadonlyArray<string>, height: number): Pager => ({
  rows,
  top: Math.max(0, rows.length - 2 * height + 1),
  fresh: 0
})

const lastTop = ({ rows }: Pager, height: number): number => Math.max(0, rows.length - height)

/** The same place after the lines were wrapped to another width. */
export const rewrapped = (pager: Pager, rows: ReadonlyArray<string>): Pager => ({
  ...pager,
  rows,
  top: Math.round((pager.top * rows.length) / Math.max(1, pager.rows.length))
})

/** Adds the rows of new lines. If there are too many rows, the first ones are dropped. */
export const extended = (pager: Pager, more: ReadonlyArray<string>, lines: number): Pager => {
  const rows = [...pager.rows, ...more].slice(-mostRows)
  const dropped = pager.rows.length + more.length - rows.length
  return { rows, top: Math.max(0, pager.top - dropped), fresh: pager.fresh + lines }
}

const names: Readonly<Record<string, string>> = {
  b: "page-up",
  " ": "page-down",
  k: "up",
  j: "down",
  g: "home",
  q: "leave"
}

/** Handles a key. Returns undefined if the key closes the pager. */
export const turn = (pager: Pager, key: Key, height: number): Pager | undefined => {
  if (key._tag !== "Press" && key._tag !== "Text") return pager
  const name = key._tag === "Press" ? key.name : (names[key.text] ?? "")
  const page = Math.max(1, height - 1)
  const by = (rows: number): Pager => ({
    ...pager,
    top: Math.max(0, Math.min(pager.top + rows, lastTop(pager, height)))
  })
  switch (name) {
    case "page-up":
    case "ctrl-b":
      return by(-page)
    case "page-down":
    case "ctrl-f":
      return pager.top >= lastTop(pager, height) ? undefined : by(page)
    case "up":
      return by(-1)
    case "down":
      return by(1)
    case "home":
      return { ...pager, top: 0 }
    case "end":
    case "leave":
    case "escape":
    case "enter":
    case "ctrl-c":
    case "ctrl-d":
      return undefined
    default:
      return pager
  }
}

const many = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`

/** The row below the pager: the longest form that fits. Every form says how to leave. */
export const legend = (pager: Pager, columns: number, height: number): string => {
  const below = many(lastTop(pager, height) - Math.min(pager.top, lastTop(pager, height)), "row")
  const fresh = (what: string) => (pager.fresh === 0 ? "" : ` · ${what}`)
  const forms = [
    `── reading back · ${below} below${fresh(many(pager.fresh, "new line"))} · Page Up, Page Down; q leaves`,
    `── ${below} below${fresh(many(pager.fresh, "new line"))} · q leaves`,
    `── ${below} below${fresh(`${pager.fresh} new`)} · q leaves`,
    "── q leaves"
  ]
  return forms.find((form) => textWidth(form) <= columns) ?? fitting("q leaves", columns)
}

/** The rows on the screen. */
export const page = ({ rows, top }: Pager, height: number): ReadonlyArray<string> =>
  Array.from({ length: height }, (_, index) => rows[top + index] ?? "")

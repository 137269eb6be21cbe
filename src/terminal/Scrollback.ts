/** What a terminal has shown: its lines as rows, and the last of them kept for reading back. */
import type { PeerId } from "../domain/Peer.ts"
import type { ScreenLine } from "../domain/ScreenLine.ts"
import { attended, type Chronicle, enter, type Looks } from "./Chronicle.ts"

/** A line, and when it was shown, in ms since 1970. */
export interface Shown {
  readonly line: ScreenLine
  readonly at: number
}

/** Whose terminal it is, as far as that is known, and how wide it is. */
export interface View {
  readonly self: PeerId | undefined
  readonly columns: number
}

/** So many lines are kept for reading back, and no more than so many UTF-16 units of them. */
const mostLines = 5_000
const mostUnits = 8_000_000

/** Mutable: one console owns it. */
export class Scrollback {
  readonly #looks: Looks
  #chronicle: Chronicle = {}
  #kept: Array<Shown> = []
  #units = 0
  /** The first that is still kept. */
  #from = 0

  constructor(looks: Looks) {
    this.#looks = looks
  }

  /** Keeps lines for reading back. */
  keep(lines: ReadonlyArray<ScreenLine>, at: number): void {
    for (const line of lines) {
      this.#kept.push({ line, at })
      this.#units += line.text.length
    }
    while (this.#from < this.#kept.length && (this.#kept.length - this.#from > mostLines || this.#units > mostUnits)) {
      this.#units -= this.#kept[this.#from]?.line.text.length ?? 0
      this.#from += 1
    }
    // Not for every line: it moves all that are kept.
    if (this.#from < mostLines) return
    this.#kept = this.#kept.slice(this.#from)
    this.#from = 0
  }

  /** The last so many lines, or fewer if fewer are kept. */
  last(count = mostLines): ReadonlyArray<Shown> {
    return this.#kept.slice(Math.max(this.#from, this.#kept.length - count))
  }

  /** Lines as they are sent to the terminal when they are shown. `awaySince`: since when nobody looks at it. */
  enter(
    lines: ReadonlyArray<ScreenLine>,
    at: number,
    { awaySince, ...view }: View & { readonly awaySince: number | undefined }
  ): string {
    const before = attended(this.#chronicle, awaySince)
    const { chronicle, rows } = enter(before, lines, view.self, { ...this.#looks, columns: view.columns }, at)
    this.#chronicle = chronicle
    return rows.map((row) => `${row}\n`).join("")
  }

  /** Lines that were shown, in rows of which each takes one row of the terminal. `before`: the time of the line above them. */
  rowsOf(shown: ReadonlyArray<Shown>, { columns, self }: View, before?: number): ReadonlyArray<string> {
    const page = { ...this.#looks, columns, cut: true }
    const rows: Array<string> = []
    let chronicle: Chronicle = { last: before }
    for (const { at, line } of shown) {
      const entered = enter(chronicle, [line], self, page, at)
      chronicle = entered.chronicle
      rows.push(...entered.rows)
    }
    return rows
  }
}

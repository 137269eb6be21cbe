/** The lines that a terminal has shown: formats them as rows, and keeps the last of them for reading back. */
import type { PeerId } from "../domain/Peer.ts"
import type { ScreenLine } from "../domain/ScreenLine.ts"
import { attended, type Chronicle, enter, type Looks, roomBelow } from "./Chronicle.ts"

/** A line, when it was shown (ms since 1970), and the room of the posts above it. */
export interface Shown {
  readonly line: ScreenLine
  readonly at: number
  readonly room: string | undefined
}

/** The id of the node at this terminal, undefined while it is unknown, and the terminal's width. */
export interface View {
  readonly self: PeerId | undefined
  readonly columns: number
}

/** Limits of what is kept for reading back: a number of lines, and a number of UTF-16 units. */
const mostLines = 5_000
const mostUnits = 8_000_000

/** Mutable: one console owns it. */
export class Scrollback {
  readonly #looks: Looks
  #chronicle: Chronicle = {}
  #kept: Array<Shown> = []
  #units = 0
  /** The room of the last post that is kept and is shown without its room. */
  #room: string | undefined
  /** Index of the first line that is still kept. */
  #from = 0

  constructor(looks: Looks) {
    this.#looks = looks
  }

  /** Keeps lines for reading back. */
  keep(lines: ReadonlyArray<ScreenLine>, at: number): void {
    for (const line of lines) {
      this.#kept.push({ line, at, room: this.#room })
      this.#room = roomBelow(line, this.#room)
      this.#units += line.text.length
    }
    while (this.#from < this.#kept.length && (this.#kept.length - this.#from > mostLines || this.#units > mostUnits)) {
      this.#units -= this.#kept[this.#from]?.line.text.length ?? 0
      this.#from += 1
    }
    // Dropped lines are removed from the array in batches, because each removal copies all that are kept.
    if (this.#from < mostLines) return
    this.#kept = this.#kept.slice(this.#from)
    this.#from = 0
  }

  /** The last `count` lines, or all if fewer are kept. */
  last(count = mostLines): ReadonlyArray<Shown> {
    return this.#kept.slice(Math.max(this.#from, this.#kept.length - count))
  }

  /** Formats new lines for the terminal. `awaySince`: since when the user is away (ms since 1970). */
  enter(
    lines: ReadonlyArray<ScreenLine>,
    at: number,
    { awaySince, ...view }: View & { readonly awaySince: number | undefined }
  ): string {
    const before = attended(this.#chronicle, awaySince)
    const { chronicle, rows } = enter(before, lines, view.self, { ...this.#looks, columns: view.columns }, at)
    this.#chronicle = chronicle
    let text = ""
    for (const row of rows) text += `${row}\n`
    return text
  }

  /**
   * Formats lines that were shown before; each row takes exactly one row of the terminal. `before`: the time of the
   * line above the first.
   */
  rowsOf(shown: ReadonlyArray<Shown>, { columns, self }: View, before?: number): ReadonlyArray<string> {
    const page = { ...this.#looks, columns, cut: true }
    const rows: Array<string> = []
    let chronicle: Chronicle = { last: before, room: shown[0]?.room }
    for (const { at, line } of shown) {
      const entered = enter(chronicle, [line], self, page, at)
      chronicle = entered.chronicle
      rows.push(...entered.rows)
    }
    return rows
  }
}

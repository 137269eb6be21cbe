/** Reading back what a terminal has shown: a pager covers the screen, and new lines wait behind it. */
import { notice, type ScreenLine } from "../../src/domain/ScreenLine.ts"
import { dim, type Looks } from "../../src/terminal/Chronicle.ts"
import type { Key } from "../../src/terminal/Keys.ts"
import { extended, legend, open, type Pager, page, rewrapped, turn } from "../../src/terminal/Pager.ts"
import type { Scrollback, View } from "../../src/terminal/Scrollback.ts"
import { hasOtherScreen, type LiveScreen } from "./LiveScreen.ts"

export interface Place {
  readonly screen: LiveScreen
  readonly scrollback: Scrollback
  readonly view: () => View
  /** Formats new lines for the terminal. */
  readonly enter: (lines: ReadonlyArray<ScreenLine>, at: number) => string
  readonly now: () => number
  readonly looks: Looks
}

/** Mutable: one console owns it. */
export class ReadingBack {
  readonly #place: Place
  #pager: Pager | undefined
  /** How many lines wait to be shown when the pager closes. */
  #unshown = 0

  constructor(place: Place) {
    this.#place = place
  }

  get isOpen(): boolean {
    return this.#pager !== undefined
  }

  /** The number of rows of the pager. The last row of the screen has its legend. */
  get #height(): number {
    return Math.max(1, this.#place.screen.rows - 1)
  }

  /** Opens the pager. Returns false if there is nothing to read, or the screen can't be covered now. */
  open(): boolean {
    const { scrollback, screen, view } = this.#place
    const rows = scrollback.rowsOf(scrollback.last(), view())
    if (rows.length === 0 || !screen.cover(() => this.#rows())) return false
    this.#pager = open(rows, this.#height)
    return true
  }

  #rows(): ReadonlyArray<string> {
    if (this.#pager === undefined) return []
    const { looks, screen } = this.#place
    const last = legend(this.#pager, screen.columns, this.#height)
    return [...page(this.#pager, this.#height), dim(looks, last)]
  }

  /**
   * Handles a key. Returns whether the pager has used it. Ctrl-Z closes the pager, and then suspends the program as
   * usual.
   */
  press(key: Key): boolean {
    if (this.#pager === undefined) return false
    const isSuspend = key._tag === "Press" && key.name === "ctrl-z"
    const turned = isSuspend ? undefined : turn(this.#pager, key, this.#height)
    if (turned === undefined) this.close()
    else this.#pager = turned
    return !isSuspend
  }

  /** New lines have come. They must be in the scrollback already. */
  extend(count: number): void {
    if (this.#pager === undefined) return
    const { now, scrollback, view } = this.#place
    this.#unshown += count
    this.#pager = extended(this.#pager, scrollback.rowsOf(scrollback.last(count), view(), now()), count)
  }

  /** The terminal has a new width. */
  rewrap(): void {
    if (this.#pager === undefined) return
    const { scrollback, view } = this.#place
    this.#pager = rewrapped(this.#pager, scrollback.rowsOf(scrollback.last(), view()))
  }

  /** Closes the pager, and shows the lines that have come meanwhile. */
  close(): void {
    if (this.#pager === undefined) return
    const { enter, now, screen, scrollback } = this.#place
    this.#pager = undefined
    // A terminal without an alternate screen was overwritten, and gets its last lines again.
    const missed = scrollback.last(hasOtherScreen ? this.#unshown : Math.max(this.#unshown, this.#height))
    const lost = this.#unshown - missed.length
    this.#unshown = 0
    const loss = notice(`${lost} lines that came while you were reading back are not kept`)
    const shown = missed.map(({ at, line }) => enter([line], at)).join("")
    screen.uncover((lost > 0 ? enter([loss], now()) : "") + shown)
  }
}

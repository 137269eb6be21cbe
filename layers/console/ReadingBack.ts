/** Reading back what a terminal has shown: a pager covers the screen, and what comes meanwhile waits behind it. */
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
  /** Lines as they are sent to the terminal when they are shown. */
  readonly enter: (lines: ReadonlyArray<ScreenLine>, at: number) => string
  readonly now: () => number
  readonly looks: Looks
}

/** Mutable: one console owns it. */
export class ReadingBack {
  readonly #place: Place
  #pager: Pager | undefined
  /** How many lines are to be shown when it ends. */
  #unshown = 0

  constructor(place: Place) {
    this.#place = place
  }

  get isOpen(): boolean {
    return this.#pager !== undefined
  }

  /** Rows that are read at a time: the last one has the legend. */
  get #height(): number {
    return Math.max(1, this.#place.screen.rows - 1)
  }

  /** Begins; returns whether there is something to read. */
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

  /** Takes a key; returns whether it was for this. Ctrl-Z ends it, and stops the program as ever. */
  press(key: Key): boolean {
    if (this.#pager === undefined) return false
    const isSuspend = key._tag === "Press" && key.name === "ctrl-z"
    const turned = isSuspend ? undefined : turn(this.#pager, key, this.#height)
    if (turned === undefined) this.close()
    else this.#pager = turned
    return !isSuspend
  }

  /** Lines have come, which the scrollback has by now. */
  extend(count: number): void {
    if (this.#pager === undefined) return
    const { now, scrollback, view } = this.#place
    this.#unshown += count
    this.#pager = extended(this.#pager, scrollback.rowsOf(scrollback.last(count), view(), now()), count)
  }

  /** The terminal has another width. */
  rewrap(): void {
    if (this.#pager === undefined) return
    const { scrollback, view } = this.#place
    this.#pager = rewrapped(this.#pager, scrollback.rowsOf(scrollback.last(), view()))
  }

  /** Ends, and shows what has come meanwhile. */
  close(): void {
    if (this.#pager === undefined) return
    const { enter, now, screen, scrollback } = this.#place
    this.#pager = undefined
    // A screen that was overwritten gets its last lines again.
    const missed = scrollback.last(hasOtherScreen ? this.#unshown : Math.max(this.#unshown, this.#height))
    const lost = this.#unshown - missed.length
    this.#unshown = 0
    const loss = notice(`${lost} lines that came while you were reading back are not kept`)
    const shown = missed.map(({ at, line }) => enter([line], at)).join("")
    screen.uncover((lost > 0 ? enter([loss], now()) : "") + shown)
  }
}

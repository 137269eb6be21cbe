/** The screen of a terminal whose bottom rows (the live area) are redrawn, while lines scroll up above them. */
import type { WriteStream } from "node:tty"
import type { LiveArea } from "../../src/terminal/LiveArea.ts"
import {
  askCursor,
  below,
  changed,
  cutAtEdge,
  erase,
  isDoubtful,
  rowsAbove,
  screenful
} from "../../src/terminal/Redraw.ts"
import * as Legible from "./Legible.ts"
import { makeWriter, type Writer } from "./Output.ts"

/** Changes within this time, in ms, are drawn together. */
const drawEvery = 16

/** A terminal that has not reported its cursor within this time, in ms, never will. */
const answerWithin = 200

/** The number of rows assumed if the terminal does not tell. */
const usualRows = 24

/**
 * Whether the terminal has an alternate screen, which leaves the main screen and its scrollback as they are. The Linux
 * console has none.
 */
export const hasOtherScreen = process.env["TERM"] !== "linux"
const toOtherScreen = hasOtherScreen ? "\u001b[?1049h" : ""
const toFirstScreen = hasOtherScreen ? "\u001b[?1049l" : "\u001b[H\u001b[2J"

const eraseScreen = "\u001b[H\u001b[2J"

export interface Content {
  /** The live area as it should be now. */
  readonly liveArea: () => LiveArea
  /** The last rows that were shown above the live area: at least `rows` of them, if there are as many. */
  readonly shown: (rows: number) => ReadonlyArray<string>
}

/** Mutable: each change is one synchronous step. One console owns it. */
export class LiveScreen {
  readonly #output: WriteStream
  readonly #content: Content
  readonly #writer: Writer
  /** Whether this screen may draw. */
  #isOurs = false
  /** The live area as the terminal shows it; undefined if that is not known. */
  #drawn: LiveArea | undefined
  /** Text that the next draw writes above the live area, and the callers that wait for it. */
  #above = ""
  #waiting: Array<() => void> = []
  /** The rows that cover the whole screen, if it is covered, and how many columns it had before. */
  #cover: (() => ReadonlyArray<string>) | undefined
  #columnsBefore = 0
  /**
   * Whether a part of the live area has scrolled off the top when the terminal became narrow, and could not be erased.
   */
  #spilled = false
  #lastDraw = 0
  #nextDraw: NodeJS.Timeout | undefined
  /** Runs while the terminal is asked where the cursor is. Nothing is drawn meanwhile. */
  #nextAnswer: NodeJS.Timeout | undefined

  constructor(output: WriteStream, content: Content) {
    this.#output = output
    this.#content = content
    this.#writer = makeWriter(output)
  }

  get columns(): number {
    return this.#output.columns || Legible.usualColumns
  }

  get rows(): number {
    return this.#output.rows || usualRows
  }

  /** Whether the reader of the output is gone. */
  get isGone(): boolean {
    return this.#writer.isGone()
  }

  /** Begins to draw, whatever is on the screen. */
  enter(): void {
    this.#drawn = undefined
    this.#isOurs = true
    this.draw()
  }

  /** Erases the live area, writes a text in its place, and stops drawing. The screen must not be covered. */
  leave(text: string): void {
    const shown = this.#above === "" ? "" : cutAtEdge(this.#above)
    if (this.#drawn !== undefined) {
      if (this.#output.writable) this.#output.write(`${erase(this.#drawn.cursor.row)}${shown}${text}`)
      this.#above = ""
    }
    this.#drawn = undefined
    this.#isOurs = false
  }

  /** Stops the timers, and lets all waiting callers go on. */
  stop(): void {
    for (const timer of [this.#nextDraw, this.#nextAnswer]) clearTimeout(timer)
    for (const resume of this.#waiting) resume()
  }

  /** Shows whole rows above the live area. Calls `taken` when the output has taken them. */
  show(text: string, taken: () => void): void {
    this.#above += text
    this.#waiting.push(taken)
    if (this.#output.writable) this.drawSoon()
    else this.draw()
  }

  /** Sends a text that changes nothing on the screen, such as a bell. */
  send(text: string): void {
    this.#writer.write(text, () => {})
  }

  draw(): void {
    clearTimeout(this.#nextDraw)
    this.#nextDraw = undefined
    if (!this.#isOurs || this.#nextAnswer !== undefined) return
    this.#lastDraw = performance.now()
    if (this.#cover !== undefined) return this.send(screenful(this.#cover()))
    const after = this.#content.liveArea()
    const before = this.#drawn
    const text = before === undefined || this.#above !== "" ? below(before, this.#above, after) : changed(before, after)
    const taken = this.#waiting
    this.#drawn = after
    this.#above = ""
    this.#waiting = []
    this.#writer.write(text, () => {
      for (const resume of taken) resume()
    })
  }

  /** Draws at once, or a moment later if the last draw was just now, so that changes are drawn together. */
  drawSoon(): void {
    if (this.#nextDraw !== undefined || this.#nextAnswer !== undefined || !this.#isOurs) return
    const early = this.#lastDraw + drawEvery - performance.now()
    if (early <= 0) this.draw()
    else this.#nextDraw = setTimeout(() => this.draw(), early)
  }

  /**
   * Makes the next draw begin on an empty screen. The live area is erased first, because some terminals copy a screen to
   * their scrollback when it is erased at once.
   */
  clear(): void {
    const live = this.#drawn === undefined ? "" : erase(this.#drawn.cursor.row)
    this.#drawn = undefined
    this.#above = `${live}${eraseScreen}${this.#above}`
  }

  /** Covers the screen with rows, until `uncover`. Returns false if that is not possible now. */
  cover(rows: () => ReadonlyArray<string>): boolean {
    if (this.#nextAnswer !== undefined) return false
    this.draw()
    this.#columnsBefore = this.columns
    this.#cover = rows
    this.send(toOtherScreen)
    return true
  }

  /** Shows the main screen again. The text is written above the live area. */
  uncover(text: string): void {
    this.#cover = undefined
    this.send(toFirstScreen)
    if (!hasOtherScreen) this.#drawn = undefined
    this.#above += text
    if (this.columns !== this.#columnsBefore) this.resized()
    else this.draw()
  }

  /** The terminal has a new size, and has rewrapped what was drawn. */
  resized(): void {
    if (this.#cover !== undefined) return this.draw()
    if (this.#drawn === undefined || !isDoubtful(this.#drawn, this.columns)) return this.#drawAnew()
    clearTimeout(this.#nextAnswer)
    this.#nextAnswer = setTimeout(() => this.#drawAnew(), answerWithin)
    this.send(askCursor)
  }

  /** The terminal has reported the cursor's column, from 0. */
  cursorAt(column: number): void {
    if (this.#nextAnswer !== undefined) this.#drawAnew(column)
  }

  /** Erases what is left of the live area after the terminal has rewrapped it, and draws it anew. */
  #drawAnew(column?: number): void {
    clearTimeout(this.#nextAnswer)
    this.#nextAnswer = undefined
    if (this.#drawn !== undefined) {
      const higher = rowsAbove(this.#drawn, this.columns, column)
      const hasSpilled = higher >= this.rows
      this.#above = !hasSpilled && this.#spilled ? this.#wholeScreen() : erase(higher) + this.#above
      this.#spilled = hasSpilled
    }
    this.#drawn = undefined
    this.draw()
  }

  /** Rewrites the whole screen from the scrollback, which already has the lines that were not drawn yet. */
  #wholeScreen(): string {
    const { rows } = this
    const room = Math.max(0, rows - this.#content.liveArea().rows.length)
    // Erased row by row, because tmux copies a screen that is erased at once to its scrollback.
    const cleared = `\u001b[H${"\u001b[K\u001b[B".repeat(rows)}\u001b[H`
    const shown = this.#content.shown(rows)
    const last = shown.slice(Math.max(0, shown.length - room))
    return cleared + last.map((row) => `${row}\n`).join("")
  }
}

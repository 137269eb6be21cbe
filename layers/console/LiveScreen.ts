/** The screen of a terminal whose bottom rows are drawn anew, while what is shown scrolls up above them. */
import type { WriteStream } from "node:tty"
import * as Effect from "effect/Effect"
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

/** What comes within so many milliseconds is drawn in one go. */
const drawEvery = 16

/** A terminal that has not told where the cursor is after so many milliseconds won't. */
const answerWithin = 200

/** Of a terminal that does not say how high it is. */
const usualRows = 24

/** Another screen, which leaves what is on the first and what has scrolled up as they are. The Linux console has none. */
export const hasOtherScreen = process.env["TERM"] !== "linux"
const toOtherScreen = hasOtherScreen ? "\u001b[?1049h" : ""
const toFirstScreen = hasOtherScreen ? "\u001b[?1049l" : "\u001b[H\u001b[2J"

const eraseScreen = "\u001b[H\u001b[2J"

export interface Content {
  /** The bottom rows, as they are to be now. */
  readonly liveArea: () => LiveArea
  /** The last rows that were shown above them; at least so many, if there are. */
  readonly shown: (rows: number) => ReadonlyArray<string>
}

/** Mutable: each change is one synchronous step. One console owns it. */
export class LiveScreen {
  readonly #output: WriteStream
  readonly #content: Content
  readonly #writer: Writer
  /** Whether the terminal is ours. */
  #isOurs = false
  /** What the terminal shows; undefined if that is not known. */
  #drawn: LiveArea | undefined
  /** What is shown with the next draw, above what is drawn then, and who waits for it. */
  #above = ""
  #waiting: Array<() => void> = []
  /** What covers all of the screen, and how wide it was before. */
  #cover: (() => ReadonlyArray<string>) | undefined
  #columnsBefore = 0
  /** Whether what was drawn has left the screen at its top, when the terminal was made narrow, and could not be erased. */
  #spilled = false
  #lastDraw = 0
  #nextDraw: NodeJS.Timeout | undefined
  /** Set while the terminal is asked where the cursor is: nothing is drawn. */
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

  /** Whether nobody takes what is shown any more. */
  get isGone(): boolean {
    return this.#writer.isGone()
  }

  /** Begins to draw: the terminal is ours, whatever is on it. */
  enter(): void {
    this.#drawn = undefined
    this.#isOurs = true
    this.draw()
  }

  /** Erases the bottom rows, shows a text in their place, and stops drawing. The screen must not be covered. */
  leave(text: string): void {
    const shown = this.#above === "" ? "" : cutAtEdge(this.#above)
    if (this.#drawn !== undefined) {
      if (this.#output.writable) this.#output.write(`${erase(this.#drawn.cursor.row)}${shown}${text}`)
      this.#above = ""
    }
    this.#drawn = undefined
    this.#isOurs = false
  }

  /** Nothing is drawn any more, and nobody waits for it. */
  stop(): void {
    for (const timer of [this.#nextDraw, this.#nextAnswer]) clearTimeout(timer)
    for (const resume of this.#waiting) resume()
  }

  /** Shows whole rows above the bottom ones; returns when the screen has taken them. */
  show(text: string): Effect.Effect<void> {
    return Effect.async((resume) => {
      this.#above += text
      this.#waiting.push(() => resume(Effect.void))
      if (this.#output.writable) this.drawSoon()
      else this.draw()
    })
  }

  /** Sends what moves nothing on the screen, such as a bell. */
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

  /** Draws at once, unless that was done just now: what comes together is drawn together. */
  drawSoon(): void {
    if (this.#nextDraw !== undefined || this.#nextAnswer !== undefined || !this.#isOurs) return
    const early = this.#lastDraw + drawEvery - performance.now()
    if (early <= 0) this.draw()
    else this.#nextDraw = setTimeout(() => this.draw(), early)
  }

  /** The next draw is on an empty screen. */
  clear(): void {
    this.#drawn = undefined
    this.#above = `${eraseScreen}${this.#above}`
  }

  /** Covers the screen with these rows from the next draw on; returns whether that can be done now. */
  cover(rows: () => ReadonlyArray<string>): boolean {
    if (this.#nextAnswer !== undefined) return false
    this.draw()
    this.#columnsBefore = this.columns
    this.#cover = rows
    this.send(toOtherScreen)
    return true
  }

  /** Shows again what was covered, with a text that is shown above the bottom rows. */
  uncover(text: string): void {
    this.#cover = undefined
    this.send(toFirstScreen)
    if (!hasOtherScreen) this.#drawn = undefined
    this.#above += text
    if (this.columns !== this.#columnsBefore) this.resized()
    else this.draw()
  }

  /** The terminal has another size, and has wrapped what was drawn anew. */
  resized(): void {
    if (this.#cover !== undefined) return this.draw()
    if (this.#drawn === undefined || !isDoubtful(this.#drawn, this.columns)) return this.#drawAnew()
    clearTimeout(this.#nextAnswer)
    this.#nextAnswer = setTimeout(() => this.#drawAnew(), answerWithin)
    this.send(askCursor)
  }

  /** The terminal tells in which column the cursor is. */
  cursorAt(column: number): void {
    if (this.#nextAnswer !== undefined) this.#drawAnew(column)
  }

  /** Erases what the terminal has made of what was drawn at another width, and draws it anew. */
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

  /** The whole screen anew, with what is to be shown: it was kept when it came. */
  #wholeScreen(): string {
    const { rows } = this
    const room = Math.max(0, rows - this.#content.liveArea().rows.length)
    // Row by row, as tmux keeps a screen that is erased at once.
    const cleared = `\u001b[H${"\u001b[K\u001b[B".repeat(rows)}\u001b[H`
    const shown = this.#content.shown(rows)
    const last = shown.slice(Math.max(0, shown.length - room))
    return cleared + last.map((row) => `${row}\n`).join("")
  }
}

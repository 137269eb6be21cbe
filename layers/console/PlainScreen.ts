/** The screen of a terminal where nothing is redrawn. The text being typed is at the end of what was written. */
import type { WriteStream } from "node:tty"
import type { ScreenLine } from "../../src/domain/ScreenLine.ts"
import { echo } from "../../src/terminal/Echo.ts"
import { visible } from "../../src/terminal/LiveArea.ts"
import * as Legible from "./Legible.ts"
import { makeWriter, type Writer } from "./Output.ts"

/**
 * While the person types, new lines are shown at most this often, in ms, because the typed text is then written again
 * below them.
 */
const showEvery = 500

/** Mutable: each change is one synchronous step. One console owns it. */
export class PlainScreen {
  readonly #output: WriteStream
  readonly #typed: () => string
  readonly #writer: Writer
  /** Lines that are not written yet, and the callers that wait until they are. */
  #above = ""
  #waiting: Array<() => void> = []
  #lastShown = 0
  #nextShow: NodeJS.Timeout | undefined

  /** `typed`: returns the text being typed. */
  constructor(output: WriteStream, typed: () => string) {
    this.#output = output
    this.#typed = typed
    this.#writer = makeWriter(output)
  }

  /** Whether the reader of the output is gone. */
  get isGone(): boolean {
    return this.#writer.isGone()
  }

  send(text: string): void {
    this.#writer.write(text, () => {})
  }

  /** Shows lines at once, on new rows below the text being typed, which is not written again. */
  interrupt(lines: ReadonlyArray<ScreenLine>): void {
    this.send(`\n${Legible.textOf(this.#output, lines)}`)
  }

  /** Shows that the text being typed has changed from `before` to `after`. */
  echo(before: string, after: string): void {
    this.send(echo(before, after, this.#output.columns || Legible.usualColumns))
  }

  /** Writes the text being typed again, on a screen that does not show it. */
  echoAnew(): void {
    this.send(visible(this.#typed()))
  }

  /** Shows lines: at once, or soon if the person types. Calls `taken` when the output has taken them. */
  show(lines: ReadonlyArray<ScreenLine>, taken: () => void): void {
    this.#above += Legible.textOf(this.#output, lines)
    this.#waiting.push(taken)
    if (this.#typed() === "" || this.isGone) return this.flush()
    this.#nextShow ??= setTimeout(() => this.flush(), Math.max(0, this.#lastShown + showEvery - performance.now()))
  }

  /** Writes all lines that are not written yet. */
  flush(): void {
    clearTimeout(this.#nextShow)
    this.#nextShow = undefined
    if (this.#waiting.length === 0) return
    const typed = this.#typed()
    const text = typed === "" ? this.#above : `\n${this.#above}${visible(typed)}`
    const taken = this.#waiting
    this.#above = ""
    this.#waiting = []
    this.#lastShown = performance.now()
    this.#writer.write(text, () => {
      for (const resume of taken) resume()
    })
  }
}

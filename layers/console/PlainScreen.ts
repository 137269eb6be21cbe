/** The screen of a terminal on which nothing is redrawn: what is being typed is at its end. */
import type { WriteStream } from "node:tty"
import * as Effect from "effect/Effect"
import type { ScreenLine } from "../../src/domain/ScreenLine.ts"
import { echo } from "../../src/terminal/Echo.ts"
import { visible } from "../../src/terminal/LiveArea.ts"
import * as Legible from "./Legible.ts"
import { makeWriter, type Writer } from "./Output.ts"

/** What comes while something is typed is shown at most so often, in milliseconds: what is typed is then shown once more. */
const showEvery = 500

/** Mutable: each change is one synchronous step. One console owns it. */
export class PlainScreen {
  readonly #output: WriteStream
  readonly #typed: () => string
  readonly #writer: Writer
  /** What is to be shown, and who waits for it. */
  #above = ""
  #waiting: Array<() => void> = []
  #lastShown = 0
  #nextShow: NodeJS.Timeout | undefined

  /** `typed`: what is being typed now. */
  constructor(output: WriteStream, typed: () => string) {
    this.#output = output
    this.#typed = typed
    this.#writer = makeWriter(output)
  }

  /** Whether nobody takes what is shown any more. */
  get isGone(): boolean {
    return this.#writer.isGone()
  }

  send(text: string): void {
    if (text !== "") this.#writer.write(text, () => {})
  }

  /** Shows lines at once, in the middle of what is being typed. */
  interrupt(lines: ReadonlyArray<ScreenLine>): void {
    this.send(`\n${Legible.textOf(this.#output, lines)}`)
  }

  /** What is being typed was one text, and is another. */
  echo(before: string, after: string): void {
    this.send(echo(before, after, this.#output.columns || Legible.usualColumns))
  }

  /** What is being typed is to be seen once more, on a screen where it is not. */
  echoAnew(): void {
    this.send(visible(this.#typed()))
  }

  /** Shows lines: soon, while something is typed. Returns when the screen has taken them. */
  show(lines: ReadonlyArray<ScreenLine>): Effect.Effect<void> {
    return Effect.async((resume) => {
      this.#above += Legible.textOf(this.#output, lines)
      this.#waiting.push(() => resume(Effect.void))
      if (this.#typed() === "" || this.isGone) return this.flush()
      this.#nextShow ??= setTimeout(() => this.flush(), Math.max(0, this.#lastShown + showEvery - performance.now()))
    })
  }

  /** Shows at once what is to be shown. */
  flush(): void {
    clearTimeout(this.#nextShow)
    this.#nextShow = undefined
    if (this.#above === "") return
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

/** How far files are, on a screen. It changes no more often than a person can read it. */
import type { Progress } from "../../src/domain/Progress.ts"

/** What is done sooner than this, in ms, is not shown at all. */
const shownAfter = 500

/** The least time between two changes, in ms. */
const changesEvery = 250

/** Mutable: one console owns it. */
export class ProgressTicker {
  readonly #onChange: () => void
  #latest: ReadonlyArray<Progress> = []
  #shown: ReadonlyArray<Progress> = []
  #next: NodeJS.Timeout | undefined

  /** `onChange` is called when something else is to be shown. */
  constructor(onChange: () => void) {
    this.#onChange = onChange
  }

  /** What is to be shown now. */
  get shown(): ReadonlyArray<Progress> {
    return this.#shown
  }

  show(progress: ReadonlyArray<Progress>): void {
    this.#latest = progress
    if (progress.length === 0) {
      this.stop()
      if (this.#shown.length > 0) this.#change()
    } else this.#next ??= setTimeout(() => this.#tick(), this.#shown.length > 0 ? changesEvery : shownAfter)
  }

  stop(): void {
    clearTimeout(this.#next)
    this.#next = undefined
  }

  #tick(): void {
    this.#next = undefined
    this.#change()
  }

  #change(): void {
    this.#shown = this.#latest
    this.#onChange()
  }
}

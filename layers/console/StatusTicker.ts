/** The status on a screen. It changes no more often than a person can read it. */
import type { Status } from "../../src/domain/Status.ts"
import { clockTime } from "../../src/terminal/Chronicle.ts"
import { statusForms } from "../../src/terminal/StatusForms.ts"

/** The least time between two changes, in ms. */
const changesEvery = 100

/** Mutable: one console owns it. */
export class StatusTicker {
  readonly #undelivered: () => number
  readonly #onChange: () => void
  #status: Status | undefined
  #shown: { readonly forms: ReadonlyArray<string>; readonly at: number } = { forms: [], at: 0 }
  #next: NodeJS.Timeout | undefined

  /** `undelivered`: returns how many lines are undelivered. `onChange` is called when the forms have changed. */
  constructor(undelivered: () => number, onChange: () => void) {
    this.#undelivered = undelivered
    this.#onChange = onChange
  }

  get status(): Status | undefined {
    return this.#status
  }

  /** The status in words, the longest form first. Empty until there is a status. */
  get forms(): ReadonlyArray<string> {
    return this.#shown.forms
  }

  show(status: Status): void {
    this.#status = status
    this.update()
  }

  /** Recomputes the forms: now, or as soon as they may change again. */
  update(): void {
    if (this.#status === undefined || this.#next !== undefined) return
    const early = this.#shown.at + changesEvery - performance.now()
    if (early > 0) {
      this.#next = setTimeout(() => {
        this.#next = undefined
        this.update()
      }, early)
      return
    }
    const forms = statusForms(this.#status, this.#undelivered(), clockTime)
    if (forms[0] === this.#shown.forms[0]) return
    this.#shown = { forms, at: performance.now() }
    this.#onChange()
  }

  stop(): void {
    clearTimeout(this.#next)
  }
}

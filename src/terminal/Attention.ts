/** Whether a person looks at the terminal: the terminal tells, or keys do. Times are in ms since 1970. */

/** A person who has pressed no key for so many milliseconds has stopped reading, where the terminal does not tell. */
const idleAfter = 10 * 60_000

/** Mutable: one console owns it. */
export class Attention {
  #lastKey: number
  #tells = false
  #awaySince: number | undefined

  constructor(now: number) {
    this.#lastKey = now
  }

  /** A key was pressed. */
  pressed(now: number): void {
    this.#lastKey = now
    this.#awaySince = undefined
  }

  /** The terminal tells whether its window is in front. */
  focused(isInFront: boolean, now: number): void {
    this.#tells = true
    this.#awaySince = isInFront ? undefined : (this.#awaySince ?? now)
  }

  /** Since when nobody looks; undefined while somebody does. */
  awaySince(now: number): number | undefined {
    if (!this.#tells && now - this.#lastKey >= idleAfter) this.#awaySince ??= this.#lastKey
    return this.#awaySince
  }

  /** Whether the terminal has told that its window is in front. */
  get isInFront(): boolean {
    return this.#tells && this.#awaySince === undefined
  }
}

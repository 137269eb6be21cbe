/**
 * Whether the person looks at the terminal. The terminal reports its focus, or key presses tell. Times are in ms since
 * 1970.
 */

/** If the terminal does not report its focus, a person who has pressed no key for this long (in ms) counts as away. */
const idleAfter = 10 * 60_000

/** Mutable: one console owns it. */
export class Attention {
  #lastKey: number
  #tells = false
  #awaySince: number | undefined

  constructor(now: number) {
    this.#lastKey = now
  }

  /** The person has pressed a key. */
  pressed(now: number): void {
    this.#lastKey = now
    this.#awaySince = undefined
  }

  /** The terminal has reported whether its window has the focus. */
  focused(isInFront: boolean, now: number): void {
    this.#tells = true
    this.#awaySince = isInFront ? undefined : (this.#awaySince ?? now)
  }

  /** Since when the person has been away; undefined while they look. */
  awaySince(now: number): number | undefined {
    if (!this.#tells && now - this.#lastKey >= idleAfter) this.#awaySince ??= this.#lastKey
    return this.#awaySince
  }

  /** Whether the terminal has reported that its window has the focus. */
  get isInFront(): boolean {
    return this.#tells && this.#awaySince === undefined
  }
}

/** How much may come in the long run, and how much at once. */

/**
 * A bucket of tokens that fills with time. Whoever takes more than there is goes into debt, and waits until it is paid:
 * so one thing of any size comes through whole, and what follows waits for it. Times are in milliseconds. Mutable: the link
 * that has it is its only user.
 */
export class TokenBucket {
  readonly #perMilli: number
  readonly #most: number
  #tokens: number
  #filledAt: number

  constructor(perSecond: number, most: number, now: number) {
    this.#perMilli = perSecond / 1_000
    this.#most = most
    this.#tokens = most
    this.#filledAt = now
  }

  /** Takes so many tokens; returns how long the one who took them must wait before it takes any more. */
  take(tokens: number, now: number): number {
    // A clock that was set back fills nothing.
    this.#tokens = Math.min(this.#most, this.#tokens + Math.max(0, now - this.#filledAt) * this.#perMilli) - tokens
    this.#filledAt = now
    return this.#tokens >= 0 ? 0 : Math.ceil(-this.#tokens / this.#perMilli)
  }
}

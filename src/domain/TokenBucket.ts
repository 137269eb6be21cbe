/** A rate limit: how much may come in the long run, and how much at once. */

/**
 * A bucket of tokens that fills with time. Taking more than there is makes a debt, and the taker waits until it is
 * paid. So a piece of any size passes whole, and the next one waits. Times are in milliseconds. Mutable: the link that
 * has it is its only user.
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

  /** Takes tokens. Returns how long to wait before taking more. */
  take(tokens: number, now: number): number {
    // A clock that was set back fills nothing.
    this.#tokens = Math.min(this.#most, this.#tokens + Math.max(0, now - this.#filledAt) * this.#perMilli) - tokens
    this.#filledAt = now
    return this.#tokens >= 0 ? 0 : Math.ceil(-this.#tokens / this.#perMilli)
  }
}

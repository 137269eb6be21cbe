/** How much one peer sends. */
import * as Duration from "effect/Duration"
import { inOneGo, type Limits } from "./Limits.ts"
import { TokenBucket } from "./TokenBucket.ts"

/** A peer that sends nothing for this long, when it may, does not exceed its limit without a pause. In ms. */
const pause = 1_000

/**
 * What one peer may send, counted a chunk at a time. Times are in milliseconds. Mutable: the link that has it is its only
 * user.
 */
export class Quota {
  readonly #bytes: TokenBucket
  readonly #frames: TokenBucket
  readonly #overload: number
  /** Since when the peer has exceeded its limit without a pause. */
  #since: number | undefined
  /** Until when the peer must wait. */
  #free = 0

  constructor(limits: Pick<Limits, "bytesPerSecond" | "framesPerSecond" | "overload">, now: number) {
    this.#bytes = new TokenBucket(limits.bytesPerSecond, inOneGo(limits.bytesPerSecond), now)
    this.#frames = new TokenBucket(limits.framesPerSecond, inOneGo(limits.framesPerSecond), now)
    this.#overload = Duration.toMillis(limits.overload)
  }

  /**
   * Counts frames and bytes. Returns how long not to read from the peer; infinite if it has exceeded its limit for too
   * long.
   */
  count(frames: number, bytes: number, now: number): number {
    const wait = Math.max(this.#frames.take(frames, now), this.#bytes.take(bytes, now))
    if (now > this.#free + pause) this.#since = undefined
    this.#free = now + wait
    if (wait === 0) return 0
    this.#since ??= now
    const left = this.#since + this.#overload - now
    // It would have to wait for longer than it may go on like that.
    return wait > left ? Number.POSITIVE_INFINITY : wait
  }
}

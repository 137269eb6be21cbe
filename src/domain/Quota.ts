/** How much one peer sends. */
import * as Duration from "effect/Duration"
import { inOneGo, type Limits } from "./Limits.ts"
import { TokenBucket } from "./TokenBucket.ts"

/** Whoever sends nothing for so long, once it may again, does not send all the time. In milliseconds. */
const pause = 1_000

/**
 * What one peer may send, counted a chunk at a time. Times are in milliseconds. Mutable: the link that has it is its only
 * user.
 */
export class Quota {
  readonly #bytes: TokenBucket
  readonly #frames: TokenBucket
  readonly #overload: number
  /** Since when it has been sending too much all the time. */
  #since: number | undefined
  /** Until when it must wait for what it has sent last. */
  #free = 0

  constructor(limits: Pick<Limits, "bytesPerSecond" | "framesPerSecond" | "overload">, now: number) {
    this.#bytes = new TokenBucket(limits.bytesPerSecond, inOneGo(limits.bytesPerSecond), now)
    this.#frames = new TokenBucket(limits.framesPerSecond, inOneGo(limits.framesPerSecond), now)
    this.#overload = Duration.toMillis(limits.overload)
  }

  /**
   * So many frames have come, and so many bytes. How long the peer is to be left unread; infinite if it has been sending
   * too much for too long.
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

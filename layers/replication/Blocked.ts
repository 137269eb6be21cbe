/** Streams whose next post no linked peer sends, and for how many offers that has been so. */
import type { StreamId } from "../../src/domain/Post.ts"

/** Mutable, each change in one synchronous step. */
export class Blocked {
  readonly #ticks = new Map<StreamId, number>()
  readonly #onAdd: () => void

  constructor(onAdd: () => void) {
    this.#onAdd = onAdd
  }

  get size(): number {
    return this.#ticks.size
  }

  /** The next post does not come, as far as is known. */
  add(stream: StreamId): void {
    if (this.#ticks.has(stream)) return
    this.#ticks.set(stream, 0)
    this.#onAdd()
  }

  /** One more offer has passed. */
  wait(stream: StreamId): void {
    this.#ticks.set(stream, (this.#ticks.get(stream) ?? 0) + 1)
  }

  delete(stream: StreamId): void {
    this.#ticks.delete(stream)
  }

  /** Those that are added meanwhile come as well. */
  [Symbol.iterator](): IterableIterator<[StreamId, number]> {
    return this.#ticks[Symbol.iterator]()
  }
}

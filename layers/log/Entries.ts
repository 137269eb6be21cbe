/** The entries of a log, in the order in which this node witnessed them. Only the last ones are kept. */
import type { Entry } from "../../src/domain/Entry.ts"

/**
 * Each entry has a position: the number of entries before it, whether these are still kept or not. Mutable, for the hot
 * path: the log that owns it changes it in synchronous steps.
 */
export class Entries {
  /** The entries that are kept, oldest first. Undefined: a place that is kept free, or that nothing came to. */
  kept: Array<Entry | undefined> = []
  /** How many were dropped: the position of the first one that is kept. */
  dropped = 0
  /** Whether there will be no more entries in this run. */
  isClosed = false
  /** The position of the first place that is kept free. */
  #free: number | undefined

  /** The position after the last entry. */
  get end(): number {
    return this.dropped + this.kept.length
  }

  /** The position up to which all entries are there. No reader goes beyond it while the log is open. */
  get settled(): number {
    return this.#free ?? this.end
  }

  /** The entry at a position; undefined if it is not kept, or not there yet. */
  at(position: number): Entry | undefined {
    return this.kept[position - this.dropped]
  }

  /** The position of an entry, looked for from that position on; undefined if it is not there. */
  positionOf(entry: Entry, from: number): number | undefined {
    const at = this.kept.indexOf(entry, Math.max(0, from - this.dropped))
    return at < 0 ? undefined : this.dropped + at
  }

  add(entry: Entry): void {
    this.kept.push(entry)
  }

  /**
   * Keeps places free for entries that are on their way to the disk. What is added meanwhile comes after them. Returns
   * what puts an entry into the next of these places.
   */
  reserve(count: number): (entry: Entry) => void {
    let next = this.end
    this.#free = next
    for (let left = count; left > 0; left -= 1) this.kept.push(undefined)
    return (entry) => {
      this.kept[next - this.dropped] = entry
      next += 1
    }
  }

  /**
   * Places are kept free no longer. Those at the end that nothing came to are taken away: no reader has gone beyond them,
   * and the bounds of the log count them. Others stay empty, since readers count positions.
   */
  release(): void {
    this.#free = undefined
    while (this.kept.length > 0 && this.kept.at(-1) === undefined) this.kept.pop()
  }

  /** Drops the oldest entries. */
  drop(count: number): void {
    this.kept = this.kept.slice(count)
    this.dropped += count
  }
}

/** The entries of a log, in the order in which this node witnessed them. Only the last ones are kept. */
import type { Entry } from "../../src/domain/Entry.ts"

/**
 * Each entry has a position: the number of entries before it, whether these are still kept or not. Mutable, for the hot
 * path: the log that owns it changes it in synchronous steps.
 */
export class Entries {
  /** The entries that are kept, oldest first. */
  kept: Array<Entry> = []
  /** How many were dropped: the position of the first one that is kept. */
  dropped = 0
  /** Whether there will be no more entries in this run. */
  isClosed = false

  /** The position after the last entry. */
  get end(): number {
    return this.dropped + this.kept.length
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

  /** Drops the oldest entries. */
  drop(count: number): void {
    this.kept = this.kept.slice(count)
    this.dropped += count
  }
}

/** The pending lines of one terminal, in the order of typing. Mutable: one console owns it. */
import { mostPending, type PendingLine } from "./LiveArea.ts"

export class PendingList<Line extends { readonly text: string }> {
  /** Each pending line, and whether it is marked as undelivered. */
  readonly #lines = new Map<Line, boolean>()
  /** Replacement texts for lines, shown in place of what was typed. */
  readonly #reworded = new WeakMap<Line, string>()
  /** Cache of `last` until a line changes, because there may be many lines. */
  #last: ReadonlyArray<PendingLine> | undefined

  get size(): number {
    return this.#lines.size
  }

  /** How many lines are marked as undelivered. */
  get undelivered(): number {
    let count = 0
    for (const marked of this.#lines.values()) if (marked) count += 1
    return count
  }

  /** All pending lines, as they are drawn. */
  get all(): ReadonlyArray<PendingLine> {
    return Array.from(this.#lines, ([line, marked]) => ({ text: this.textOf(line), marked }))
  }

  /** The last pending lines, as many as are drawn at a time. */
  get last(): ReadonlyArray<PendingLine> {
    this.#last ??= this.all.slice(-mostPending)
    return this.#last
  }

  /** The text that is shown for a line, pending or not. */
  textOf(line: Line): string {
    return this.#reworded.get(line) ?? line.text
  }

  add(line: Line): void {
    this.#lines.set(line, false)
    this.#last = undefined
  }

  /** Marks those of the lines that are pending. Returns whether any of them was not marked before. */
  mark(lines: ReadonlyArray<Line>): boolean {
    const unmarked = lines.filter((line) => this.#lines.get(line) === false)
    if (unmarked.length === 0) return false
    for (const line of unmarked) this.#lines.set(line, true)
    this.#last = undefined
    return true
  }

  reword(line: Line, text: string): void {
    this.#reworded.set(line, text)
    this.#last = undefined
  }

  /** Removes lines; returns those that were pending. */
  remove(lines: ReadonlyArray<Line>): ReadonlyArray<Line> {
    const removed = lines.filter((line) => this.#lines.delete(line))
    if (removed.length > 0) this.#last = undefined
    return removed
  }
}

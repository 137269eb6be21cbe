/** The pending lines of one terminal, in the order of typing, and their rooms. Mutable: one console owns it. */

import { parseSlash } from "../domain/Described.ts"
import { mainRoom } from "../domain/Post.ts"
import { mostPending, type PendingLine } from "./LiveArea.ts"

interface Pending {
  readonly text: string
  /** The room in which it is said, if that was known when it was typed. */
  readonly room?: string | undefined
  readonly verbatim?: boolean | undefined
}

const isCommand = ({ text, verbatim }: Pending): boolean =>
  text.startsWith("/") && verbatim !== true && parseSlash(text)._tag === "Command"

export class PendingList<Line extends Pending> {
  /** Each pending line, and whether it is marked as undelivered. */
  readonly #lines = new Map<Line, boolean>()
  /** Replacement texts for lines, shown in place of what was typed. */
  readonly #reworded = new WeakMap<Line, string>()
  /** The room of the prompt. */
  #room: string = mainRoom
  /** The rooms in which lines are said, as far as that is known. */
  readonly #rooms = new WeakMap<Line, string>()
  /** The commands that have not run yet. */
  readonly #open = new Set<Line>()
  /** Whether the last of them has changed the room already, so that it is known where the next line is said. */
  #hasArrived = false
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
    return Array.from(this.#lines, ([line, marked]) => ({ ...this.drawn(line), marked }))
  }

  /** The last pending lines, as many as are drawn at a time. */
  get last(): ReadonlyArray<PendingLine> {
    this.#last ??= this.all.slice(-mostPending)
    return this.#last
  }

  /**
   * The room in which this line is said if it is typed now. Undefined for a command, which acts where the session is
   * when it comes to it, and behind a command that has not run yet and may still change the room.
   */
  roomFor(line: Line): string | undefined {
    return isCommand(line) ? undefined : this.#here
  }

  /** The room of the prompt, unless a command that has not run yet may still change it. */
  get #here(): string | undefined {
    return this.#open.size === 0 || this.#hasArrived ? this.#room : undefined
  }

  /** Whether a command that was typed, and has not run yet, may change the room. */
  get isLeaving(): boolean {
    return this.#here === undefined
  }

  /** A line as it is drawn without a mark, pending or not. */
  drawn(line: Line): PendingLine {
    return {
      room: this.#rooms.get(line) ?? line.room ?? this.#room,
      text: this.#reworded.get(line) ?? line.text,
      marked: false
    }
  }

  /** The prompt is of that room from now on. `isLast`: whatever was typed so far, what is typed next is said there. */
  speakIn(room: string, isLast = this.#open.size <= 1): void {
    this.#room = room
    this.#hasArrived = isLast
    this.#last = undefined
  }

  /** Adds a line that was typed at this terminal. */
  type(line: Line): void {
    const room = line.room ?? this.#here
    if (room !== undefined) this.#rooms.set(line, room)
    if (isCommand(line)) {
      this.#open.add(line)
      this.#hasArrived = false
    }
    this.add(line)
  }

  /** Adds a line that was typed elsewhere. */
  add(line: Line): void {
    this.#lines.set(line, false)
    this.#last = undefined
  }

  /** Lines are said in that room. */
  place(lines: ReadonlyArray<Line>, room: string): void {
    for (const line of lines) this.#rooms.set(line, room)
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

  /** Shows a text in place of a line. A command that says something has run. */
  reword(line: Line, text: string): void {
    this.#reworded.set(line, text)
    this.#done([line])
    this.#last = undefined
  }

  /** Removes lines; returns those that were pending. */
  remove(lines: ReadonlyArray<Line>): ReadonlyArray<Line> {
    const removed = lines.filter((line) => this.#lines.delete(line))
    this.#done(lines)
    if (removed.length > 0) this.#last = undefined
    return removed
  }

  /** The program is done with these lines. The next command runs where the last one has led. */
  #done(lines: ReadonlyArray<Line>): void {
    for (const line of lines) this.#open.delete(line)
    for (const next of this.#open) {
      if (!this.#rooms.has(next)) this.#rooms.set(next, this.#room)
      return
    }
  }
}

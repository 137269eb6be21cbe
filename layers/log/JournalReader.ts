/** Reads a journal, block by block: which lines are good, and where the last one of them ends. */
import * as Either from "effect/Either"
import { decode, type Folded, type Gap, maxFrameBytes, type PostFrame } from "../../src/protocol/Frame.ts"
import { newline } from "../../src/protocol/LineSplitter.ts"

/** Of the posts that stand above it, all but so many of the last were on the screen. Peers never see it. */
export interface Shown {
  readonly type: "shown"
  readonly but: number
}

/** What a line of a journal holds. */
export type JournalLine = PostFrame | Gap | Folded | Shown

/** A line that says how much above it was not on the screen yet. */
export const encodeShown = (but: number): Uint8Array => Buffer.from(`{"type":"shown","but":${but}}\n`)

/** Begins like no frame that a log has. */
const shown = /^\{"type":"shown","but":(\d{1,9})\}\n$/

/** What that line holds, with its end; undefined if it is none of a journal. */
export const decodeLine = (line: Uint8Array): JournalLine | undefined => {
  const frame = Either.getOrUndefined(decode(line))
  if (frame?.type === "post" || frame?.type === "gap" || frame?.type === "folded") return frame
  const [, but] = shown.exec(Buffer.from(line).toString("latin1")) ?? []
  return but === undefined ? undefined : { type: "shown", but: Number(but) }
}

/**
 * A crash can tear the last line, or leave blocks of it that were never written: what comes after the last good line
 * does not count. A line that can't be read and has a good one after it was damaged otherwise; it is told by its number.
 * Mutable; holds one unfinished line at most.
 */
export class JournalReader {
  /** How many good lines there are. */
  lines = 0
  /** Where the last good line ends, in bytes. */
  end = 0
  /** The numbers of the lines that can't be read and have a good one after them. */
  readonly damaged: Array<number> = []
  readonly #each: (line: JournalLine) => void
  #suspect: Array<number> = []
  #number = 0
  #at = 0
  #pieces: Array<Uint8Array> = []
  #pending = 0

  constructor(each: (line: JournalLine) => void) {
    this.#each = each
  }

  /** Whether there are whole lines, and none of them is good. */
  get foreign(): boolean {
    return this.lines === 0 && this.#number > 0
  }

  /** Takes the next block. */
  read(block: Uint8Array): void {
    let start = 0
    for (let at = block.indexOf(newline); at >= 0; at = block.indexOf(newline, start)) {
      this.#take(block.subarray(start, at + 1))
      this.#endLine()
      start = at + 1
    }
    if (start < block.length) this.#take(block.subarray(start))
  }

  #take(piece: Uint8Array): void {
    this.#pending += piece.length
    // A line that is too long is none; its bytes need not be held.
    if (this.#pending > maxFrameBytes) this.#pieces = []
    else this.#pieces.push(piece)
  }

  #endLine(): void {
    const [first] = this.#pieces
    const line = this.#pieces.length === 1 && first !== undefined ? first : Buffer.concat(this.#pieces)
    this.#number += 1
    this.#at += this.#pending
    this.#pieces = []
    this.#pending = 0
    const decoded = decodeLine(line)
    if (decoded !== undefined) {
      this.damaged.push(...this.#suspect)
      this.#suspect = []
      this.lines += 1
      this.end = this.#at
      this.#each(decoded)
    } else {
      this.#suspect.push(this.#number)
    }
  }
}

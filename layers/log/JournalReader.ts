/** Reads a journal in blocks of bytes: finds its valid lines, and where the last of them ends. */
import * as Either from "effect/Either"
import { decode, type Folded, type Gap, maxFrameBytes, type PostFrame } from "../../src/protocol/Frame.ts"
import { newline } from "../../src/protocol/LineSplitter.ts"
import { decodeRooms, type RoomsLine } from "./RoomsKept.ts"

/** All posts before this line were on the screen, except the last `but` ones. Peers never get this line. */
export interface Shown {
  readonly type: "shown"
  readonly but: number
}

/** The content of a line of a journal. */
export type JournalLine = PostFrame | Gap | Folded | Shown | RoomsLine | Beyond

/**
 * The next block of posts is kept besides the entries: as one of the last posts of its room, or as its topic. Peers never
 * get this line.
 */
export type Beyond = { readonly type: "past" } | { readonly type: "topic" }

/** A line that says how many of the posts before it were not on the screen. */
export const encodeShown = (but: number): Uint8Array => Buffer.from(`{"type":"shown","but":${but}}\n`)

/** Matches such a line. No frame in a journal begins like it. */
const shown = /^\{"type":"shown","but":(\d{1,9})\}\n$/

/** The line in front of such a block. */
export const encodeBeyond = (type: Beyond["type"]): Uint8Array => Buffer.from(`{"type":"${type}"}\n`)

const beyond = /^\{"type":"(past|topic)"\}\n$/

/** Decodes a line, which ends with its newline. Undefined if it does not belong in a journal. */
export const decodeLine = (line: Uint8Array): JournalLine | undefined => {
  const frame = Either.getOrUndefined(decode(line))
  if (frame?.type === "post" || frame?.type === "gap" || frame?.type === "folded") return frame
  const text = Buffer.from(line).toString("latin1")
  const [, but] = shown.exec(text) ?? []
  if (but !== undefined) return { type: "shown", but: Number(but) }
  const [, type] = beyond.exec(text) ?? []
  return type === undefined ? decodeRooms(text) : ({ type } as Beyond)
}

/**
 * Calls back with each valid line. A crash can tear the last line, or leave blocks of the file unwritten, so anything
 * after the last valid line is ignored. An invalid line before a valid one has another cause, and its number is
 * reported. Mutable; holds one unfinished line at most.
 */
export class JournalReader {
  /** The number of valid lines. */
  lines = 0
  /** The offset at which the last valid line ends, in bytes. */
  end = 0
  /** The numbers of the invalid lines that are followed by a valid one, counted from 1. */
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

  /** Whether there are whole lines and none of them is valid: the file is no journal. */
  get foreign(): boolean {
    return this.lines === 0 && this.#number > 0
  }

  /** Reads the next block of bytes. */
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
    // A line over the limit is invalid, so its bytes are dropped.
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

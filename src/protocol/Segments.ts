/** Encoded posts side by side. */
import { newline } from "./LineSplitter.ts"

/** The first segment of a stream, in bytes: most streams are short. Each further one is twice the one before. */
const leastSegmentBytes = 1_024

/** A segment grows no longer than this, in bytes, unless what is added in one go is longer: as much as one write to a socket should carry. */
const mostSegmentBytes = 65_536

const nothing = new Uint8Array(0)

interface Slice {
  readonly bytes: Uint8Array
  readonly first: number
  readonly last: number
}

interface Segment {
  readonly first: number
  readonly bytes: Uint8Array
  /** Where each post ends. */
  readonly ends: Array<number>
  used: number
}

/**
 * The encoded posts of one stream, in byte segments, so that any number of links can be handed slices of the same bytes
 * without a copy. Bytes once written never change, which makes a slice safe to keep. Mutable, for the hot path: the log
 * that has it is its only writer.
 */
export class Segments {
  #segments: Array<Segment> = []
  /** The number of the last post, or of the last that is known to be gone. */
  #last: number
  /** What was asked for last. */
  #sliced: { readonly after: number; readonly room: number; readonly slice: Slice } | undefined

  constructor(last = 0) {
    this.#last = last
  }

  /** The lowest number that is kept; one more than the last if none is. */
  get floor(): number {
    return this.#segments[0]?.first ?? this.#last + 1
  }

  get last(): number {
    return this.#last
  }

  /** Adds the next posts, each of which ends in its newline; returns by how many bytes the memory in use has grown. */
  append(block: Uint8Array, posts = 1): number {
    let segment = this.#segments.at(-1)
    let grown = 0
    if (segment === undefined || segment.used + block.length > segment.bytes.length) {
      const room = segment === undefined ? leastSegmentBytes : Math.min(2 * segment.bytes.length, mostSegmentBytes)
      segment = {
        first: this.#last + 1,
        bytes: new Uint8Array(Math.max(room, block.length)),
        ends: [],
        used: 0
      }
      grown = segment.bytes.length
      this.#segments.push(segment)
    }
    segment.bytes.set(block, segment.used)
    for (let left = posts, end = 0; left > 1; left -= 1) {
      end = block.indexOf(newline, end) + 1
      segment.ends.push(segment.used + end)
    }
    segment.used += block.length
    segment.ends.push(segment.used)
    this.#last += posts
    return grown
  }

  /** Takes all numbers up to `last` as gone; posts after them go on from there. Returns how many bytes that frees. */
  skipTo(last: number): number {
    const freed = this.dropTo(this.#last)
    this.#last = last
    return freed
  }

  /** Drops segments in which no number is above `n`; returns how many bytes that frees. */
  dropTo(n: number): number {
    let freed = 0
    this.#sliced = undefined
    for (let head = this.#segments[0]; head !== undefined && lastOf(head) <= n; head = this.#segments[0]) {
      freed += head.bytes.length
      this.#segments.shift()
    }
    return freed
  }

  /**
   * The posts after number `after`, or after what is gone: as many of one segment as fit into `room`, one at least. None,
   * and the number that would be next, if all of them are gone.
   */
  slice(after: number, room: number): Slice | undefined {
    if (after >= this.#last) return undefined
    // Links that keep up stand at the same place: they get the very same slice.
    const before = this.#sliced
    if (before !== undefined && before.after === after && before.room === room && before.slice.last === this.#last) {
      return before.slice
    }
    const slice = this.#cut(after, room)
    this.#sliced = { after, room, slice }
    return slice
  }

  #cut(after: number, room: number): Slice {
    const segment = this.#segments.find((each) => lastOf(each) > after)
    if (segment === undefined) return { bytes: nothing, first: this.#last + 1, last: this.#last }
    const from = Math.max(0, after + 1 - segment.first)
    const start = from === 0 ? 0 : (segment.ends[from - 1] ?? 0)
    let to = segment.ends.length - 1
    if (segment.used - start > room) {
      to = from
      while ((segment.ends[to + 1] ?? Number.POSITIVE_INFINITY) - start <= room) to += 1
    }
    return {
      bytes: segment.bytes.subarray(start, segment.ends[to]),
      first: segment.first + from,
      last: segment.first + to
    }
  }
}

const lastOf = (segment: Segment): number => segment.first + segment.ends.length - 1

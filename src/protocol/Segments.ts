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
  /** How many posts there are up to the end of each block, where these are more than a post each. */
  readonly blocks: Array<number> | undefined
  used: number
}

/**
 * The encoded posts of one stream, in byte segments, so that any number of links can be handed slices of the same bytes
 * without a copy. Bytes once written never change, which makes a slice safe to keep. `whole`: what is appended in one go is
 * a block, and no slice cuts it. Mutable, for the hot path: the log that has it is its only writer.
 */
export class Segments {
  #segments: Array<Segment> = []
  /** The number of the last post, or of the last that is known to be gone. */
  #last: number
  /** What was asked for last. */
  #sliced: { readonly after: number; readonly room: number; readonly to: number; readonly slice: Slice } | undefined
  readonly #whole: boolean

  constructor(last = 0, whole = false) {
    this.#last = last
    this.#whole = whole
  }

  /** The lowest number that is kept; one more than the last if none is. */
  get floor(): number {
    return this.#segments[0]?.first ?? this.#last + 1
  }

  /** Whether no post is kept. */
  get isEmpty(): boolean {
    return this.#segments.length === 0
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
        blocks: this.#whole ? [] : undefined,
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
    segment.blocks?.push(segment.ends.length)
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

  /** The same posts up to that number alone, which ends a block. */
  upTo(n: number): Segments {
    const same = new Segments(Math.min(n, this.floor - 1), this.#whole)
    while (same.last < n) {
      const { bytes, first, last } = this.#cut(same.last, 0, n)
      same.append(bytes, last - first + 1)
    }
    return same
  }

  /** The memory in use, in bytes. */
  get bytes(): number {
    return this.#segments.reduce((sum, { bytes }) => sum + bytes.length, 0)
  }

  /**
   * The posts after number `after`, or after what is gone, up to number `to`: as many of one segment as fit into `room`, one
   * block at least, which is whole even if it begins before or ends after that. None, and the number that would be next, if
   * all of them are gone.
   */
  slice(after: number, room: number, to = Number.POSITIVE_INFINITY): Slice | undefined {
    if (after >= this.#last) return undefined
    // Links that keep up stand at the same place: they get the very same slice.
    const before = this.#sliced
    if (
      before !== undefined &&
      before.after === after &&
      before.room === room &&
      before.to === to &&
      before.slice.last === this.#last
    ) {
      return before.slice
    }
    const slice = this.#cut(after, room, to)
    this.#sliced = { after, room, to, slice }
    return slice
  }

  #cut(after: number, room: number, to: number): Slice {
    const segment = this.#segments.find((each) => lastOf(each) > after)
    if (segment === undefined) return { bytes: nothing, first: this.#last + 1, last: this.#last }
    const { bytes, ends, first } = segment
    const from = blockBefore(segment, Math.max(0, after + 1 - first))
    const start = from === 0 ? 0 : (ends[from - 1] ?? 0)
    let count = from
    if (segment.used - start <= room && lastOf(segment) <= to) count = ends.length
    else {
      let next = blockAfter(segment, from)
      do {
        count = next
        next = blockAfter(segment, count)
      } while (count < ends.length && first + count <= to && (ends[next - 1] ?? 0) - start <= room)
    }
    return { bytes: bytes.subarray(start, ends[count - 1]), first: first + from, last: first + count - 1 }
  }
}

const lastOf = (segment: Segment): number => segment.first + segment.ends.length - 1

/** How many posts there are before the block with that post, of which there are so many before it. */
const blockBefore = ({ blocks }: Segment, posts: number): number =>
  blocks === undefined ? posts : (blocks.findLast((end) => end <= posts) ?? 0)

/** How many posts there are up to the end of the block that begins after so many. */
const blockAfter = ({ blocks }: Segment, posts: number): number =>
  blocks === undefined ? posts + 1 : (blocks.find((end) => end > posts) ?? posts)

/** The encoded posts of a stream in memory, one after the other. */
import type { TextLines } from "../domain/EncodedPost.ts"
import { newline } from "./LineSplitter.ts"

/** The size of a stream's first segment, in bytes: most streams are short. Each further segment is twice as large. */
const leastSegmentBytes = 1_024

/** The maximum size of a segment, in bytes. Only a single longer `append` makes a larger segment. */
const mostSegmentBytes = 65_536

const encoder = new TextEncoder()

const nothing = new Uint8Array(0)

/** Encoded posts, one after the other, and where each ends. */
export interface Lines {
  readonly bytes: Uint8Array
  readonly ends: ReadonlyArray<number>
}

interface Slice {
  readonly bytes: Uint8Array
  readonly first: number
  readonly last: number
}

interface Segment {
  readonly first: number
  readonly bytes: Uint8Array
  /** The offset at which each post ends. */
  readonly ends: Array<number>
  /** The number of posts up to the end of each block; undefined if each post is a block of its own. */
  readonly blocks: Array<number> | undefined
  used: number
}

/**
 * The encoded posts of one stream, in byte segments, so that any number of links get slices of the same bytes without a
 * copy. Written bytes never change, so a slice stays valid. `whole`: each `append` adds one block, and no slice splits
 * a block. Mutable, for the hot path: the log that owns it is its only writer.
 */
export class Segments {
  #segments: Array<Segment> = []
  /** The number of the last post, or of the last that is known to be gone. */
  #last: number
  /** The last request and its result. */
  #sliced: { readonly after: number; readonly room: number; readonly to: number; readonly slice: Slice } | undefined
  readonly #whole: boolean
  readonly #most: number

  /** `most`: the maximum size of a segment, in bytes. */
  constructor(last = 0, whole = false, most = mostSegmentBytes) {
    this.#last = last
    this.#whole = whole
    this.#most = most
  }

  /** The lowest number that is kept; one more than the last number if none is kept. */
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

  /**
   * Adds the next posts, each of which ends with its newline. Returns by how many bytes the memory in use has grown.
   */
  append(block: Uint8Array, posts = 1): number {
    const ends: Array<number> = []
    for (let end = 0; ends.length < posts - 1; ) {
      end = block.indexOf(newline, end) + 1
      ends.push(end)
    }
    ends.push(block.length)
    return this.appendLines({ bytes: block, ends })
  }

  /**
   * The same, with where each post ends. Posts that are no block may go to different segments, so that these are
   * filled.
   */
  appendLines({ bytes, ends }: Lines): number {
    let grown = 0
    for (let from = 0, start = 0; from < ends.length; ) {
      const last = this.#segments.at(-1)
      let to = last === undefined ? from : this.#fitting(ends, from, start + last.bytes.length - last.used)
      let segment = last
      if (segment === undefined || to === from) {
        const first = this.#whole ? bytes.length : (ends[from] ?? 0) - start
        segment = this.#addSegment(first)
        grown += segment.bytes.length
        to = this.#fitting(ends, from, start + segment.bytes.length)
      }
      const end = ends[to - 1] ?? start
      segment.bytes.set(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end), segment.used)
      for (let at = from; at < to; at += 1) segment.ends.push(segment.used + (ends[at] ?? 0) - start)
      segment.used += end - start
      segment.blocks?.push(segment.ends.length)
      this.#last += to - from
      from = to
      start = end
    }
    return grown
  }

  /**
   * The same for ASCII text, which is encoded straight into a segment. It goes into one segment, so that one slice has
   * all of it.
   */
  appendText({ ends, text }: TextLines): number {
    const last = this.#segments.at(-1)
    const hasRoom = last !== undefined && last.used + text.length <= last.bytes.length
    const segment = hasRoom ? last : this.#addSegment(text.length)
    encoder.encodeInto(text, segment.bytes.subarray(segment.used))
    for (const end of ends) segment.ends.push(segment.used + end)
    segment.used += text.length
    segment.blocks?.push(segment.ends.length)
    this.#last += ends.length
    return hasRoom ? 0 : segment.bytes.length
  }

  /** Up to which post those from `from` on fit, if no more bytes than up to `most` do: all or none of a block. */
  #fitting(ends: ReadonlyArray<number>, from: number, most: number): number {
    if ((ends.at(-1) ?? 0) <= most) return ends.length
    if (this.#whole) return from
    let to = from
    while ((ends[to] ?? 0) <= most) to += 1
    return to
  }

  /** Adds a segment in which at least so many bytes fit. */
  #addSegment(least: number): Segment {
    const before = this.#segments.at(-1)
    const room = before === undefined ? leastSegmentBytes : Math.min(2 * before.bytes.length, this.#most)
    const segment: Segment = {
      first: this.#last + 1,
      bytes: new Uint8Array(Math.max(room, least)),
      ends: [],
      blocks: this.#whole ? [] : undefined,
      used: 0
    }
    this.#segments.push(segment)
    return segment
  }

  /**
   * Drops all posts and marks the numbers up to `last` as gone: the next post gets the number after it. Returns how
   * many bytes that frees.
   */
  skipTo(last: number): number {
    const freed = this.dropTo(this.#last)
    this.#last = last
    return freed
  }

  /** Drops the segments without a number above `n`. Returns how many bytes that frees. */
  dropTo(n: number): number {
    let freed = 0
    this.#sliced = undefined
    for (let head = this.#segments[0]; head !== undefined && lastOf(head) <= n; head = this.#segments[0]) {
      freed += head.bytes.length
      this.#segments.shift()
    }
    return freed
  }

  /** A copy with the posts up to that number only, which must be the end of a block. */
  upTo(n: number): Segments {
    const same = new Segments(Math.min(n, this.floor - 1), this.#whole, this.#most)
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
   * The posts after number `after`, or the first ones that are kept after it, up to number `to`. Returns as many posts
   * of one segment as fit into `room` bytes, at least one block. That block is whole even if it begins before or ends
   * after the range. If all posts are gone, the slice is empty, and its `first` is the number of the next post.
   */
  slice(after: number, room: number, to = Number.POSITIVE_INFINITY): Slice | undefined {
    if (after >= this.#last) return undefined
    // Links that keep up request the same posts: they share one slice.
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

/** How many posts precede the block that contains the post after the first `posts`. */
const blockBefore = ({ blocks }: Segment, posts: number): number =>
  blocks === undefined ? posts : (blocks.findLast((end) => end <= posts) ?? 0)

/** How many posts there are up to the end of the block that begins after the first `posts`. */
const blockAfter = ({ blocks }: Segment, posts: number): number =>
  blocks === undefined ? posts + 1 : (blocks.find((end) => end > posts) ?? posts)

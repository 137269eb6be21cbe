/** Decodes the lines of a chunk together. Posts in their usual form need neither JSON nor bytes of their own. */
import * as Either from "effect/Either"
import type { EncodedPost } from "../domain/EncodedPost.ts"
import type { FrameMalformed } from "../domain/Errors.ts"
import { noDeps, type Post, type PostNumber, type StreamId } from "../domain/Post.ts"
import { Recent } from "../domain/Recent.ts"
import type { Seal } from "../domain/Seal.ts"
import { type Frame, frameIn, type PostFrame, refusal } from "./Frame.ts"
import { newline } from "./LineSplitter.ts"
import type { Lines } from "./Segments.ts"

/** A post whose line is one of many in a chunk. The line is cut out only when somebody needs it alone. */
export class PostInChunk implements PostFrame {
  readonly type = "post"
  readonly post: Post
  readonly chunk: Uint8Array
  readonly start: number
  readonly end: number
  readonly seal: Seal | undefined

  constructor(post: Post, chunk: Uint8Array, start: number, end: number, seal?: Seal) {
    this.post = post
    this.chunk = chunk
    this.start = start
    this.end = end
    this.seal = seal
  }

  get line(): Uint8Array {
    return this.chunk.subarray(this.start, this.end)
  }
}

/** The length of a post's line, in bytes. */
export const lengthOf = (encoded: EncodedPost): number =>
  encoded instanceof PostInChunk ? encoded.end - encoded.start : encoded.line.length

/** The lines of posts, one after the other. They are not copied if they lie so in a chunk. */
export const linesOf = (posts: ReadonlyArray<EncodedPost>): Lines => {
  const lines = sideBySide(posts, 0)
  return lines.ends.length === posts.length ? lines : copied(posts)
}

/** The same in parts, none of which is copied. */
export const partsOf = (posts: ReadonlyArray<EncodedPost>): ReadonlyArray<Lines> => {
  const parts: Array<Lines> = []
  for (let from = 0; from < posts.length; ) {
    const lines = sideBySide(posts, from)
    parts.push(lines)
    from += lines.ends.length
  }
  return parts
}

/** The line of the post at that place, and those of the posts after it that come right after it in the same chunk. */
const sideBySide = (posts: ReadonlyArray<EncodedPost>, from: number): Lines => {
  const first = posts[from]
  if (!(first instanceof PostInChunk)) return copied(posts.slice(from, from + 1))
  const { chunk, start } = first
  const ends: Array<number> = []
  let reached = start
  for (let at = from; at < posts.length; at += 1) {
    const each = posts[at] as PostInChunk
    if (each.chunk !== chunk || each.start !== reached) break
    reached = each.end
    ends.push(reached - start)
  }
  return { bytes: chunk.subarray(start, reached), ends }
}

const copied = (posts: ReadonlyArray<EncodedPost>): Lines => {
  const bytes = new Uint8Array(posts.reduce((sum, each) => sum + lengthOf(each), 0))
  const ends: Array<number> = []
  let at = 0
  for (const { line } of posts) {
    bytes.set(line, at)
    at += line.length
    ends.push(at)
  }
  return { bytes, ends }
}

/** A stream whose posts follow each other in a chunk, and the line of such a post in its usual form. */
interface Expected {
  readonly stream: StreamId
  /** Where the number begins in a line. */
  readonly number: number
  readonly line: RegExp
}

/**
 * For how many streams the expression is kept. Compiling one takes some 50 µs, and it takes 3 KB. It reads a line in
 * a third of the time of one that fits all streams, or of JSON.
 */
const mostExpected = 256
const expectations = new Recent<StreamId, Expected>(mostExpected)

const beforeStream = '{"type":"post","stream":"'.length
const beforeAt = ',"at":'.length
const beforeText = ',"deps":{},"text":"'.length
const afterText = '"}\n'.length

/** Numbers of 16 digits may not be exact, and what is no printable ASCII or is escaped takes more than its own bytes. */
const expect = (stream: StreamId): Expected => {
  const known = expectations.get(stream)
  if (known !== undefined) return known
  const begin = `{"type":"post","stream":"${stream}","n":`
  const line = new RegExp(
    String.raw`${begin.replaceAll("{", "\\{")}[1-9]\d{0,14},"at":(?:0|[1-9]\d{0,14}),"deps":\{\},"text":"[ !#-[\]-~]*"\}\n`,
    "y"
  )
  // A copy: the id is part of a chunk's text, which would be kept as long as it is.
  const copy = begin.slice(beforeStream, beforeStream + stream.length) as StreamId
  const expected = { stream: copy, number: begin.length, line }
  expectations.set(copy, expected)
  return expected
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** The text of a chunk, if it is all ASCII, so that each character takes one byte. */
const asciiOf = (chunk: Uint8Array): string | undefined => {
  try {
    const text = decoder.decode(chunk)
    return text.length === chunk.length ? text : undefined
  } catch {
    return undefined
  }
}

/**
 * Decodes chunks of whole lines that come from one source. Where two posts of a stream follow each other, the next
 * lines are compared with what a third is expected to look like. Any other line is decoded by itself. Mutable, for the
 * hot path.
 */
export class ChunkDecoder {
  #likely: StreamId | undefined = undefined
  #expected: Expected | undefined = undefined

  /** Adds the frames in a chunk; throws if one of the lines is no frame. */
  decodeInto(frames: Array<Frame>, chunk: Uint8Array): void {
    const text = asciiOf(chunk)
    for (let start = 0, end = 0; start < chunk.length; start = end) {
      const expected = this.#expected
      if (expected !== undefined && text !== undefined) {
        expected.line.lastIndex = start
        if (expected.line.test(text)) {
          end = expected.line.lastIndex
          frames.push(new PostInChunk(expectedPost(expected, text, start, end), chunk, start, end))
          continue
        }
      }
      end = chunk.indexOf(newline, start) + 1 || chunk.length
      const frame = frameIn(chunk.subarray(start, end), text?.slice(start, end), this.#likely)
      if (frame.type === "post") frames.push(new PostInChunk(this.#follow(frame.post), chunk, start, end, frame.seal))
      else frames.push(frame)
    }
  }

  /** The same post, which names its stream by the same string as those before it: comparing these takes no time. */
  #follow(post: Post): Post {
    const likely = this.#likely
    if (post.stream !== likely) {
      this.#likely = post.stream
      return post
    }
    const expected = this.#expected?.stream === likely ? this.#expected : expect(likely)
    this.#expected = expected
    this.#likely = expected.stream
    return { ...post, stream: expected.stream }
  }
}

/** The frames in whole lines that lie side by side; or why one of the lines is none. */
export const decodeChunk = (chunk: Uint8Array): Either.Either<ReadonlyArray<Frame>, FrameMalformed> =>
  Either.try({
    try: () => {
      const frames: Array<Frame> = []
      new ChunkDecoder().decodeInto(frames, chunk)
      return frames
    },
    catch: refusal
  })

/** The post in a line that looks as expected. */
const expectedPost = ({ number, stream }: Expected, text: string, start: number, end: number): Post => {
  const n = start + number
  const at = endOfDigits(text, n) + beforeAt
  return {
    stream,
    n: digitsIn(text, n) as PostNumber,
    at: digitsIn(text, at),
    deps: noDeps,
    text: text.slice(endOfDigits(text, at) + beforeText, end - afterText)
  }
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57

const endOfDigits = (text: string, start: number): number => {
  let end = start
  while (isDigit(text.charCodeAt(end))) end += 1
  return end
}

const digitsIn = (text: string, start: number): number => {
  let value = 0
  for (let at = start, code = text.charCodeAt(at); isDigit(code); code = text.charCodeAt(at)) {
    value = value * 10 + code - 48
    at += 1
  }
  return value
}
